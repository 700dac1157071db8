-- One row per prone position, CRRT or ECMO. Its end is null where the source has none.
-- Source: procedure_occurrence, by concept (prepared.meaning).
WITH placed AS (
    SELECT
        e.*,
        v.hospital_id,
        v.admission_id
    FROM source.procedure_occurrence AS e
    INNER JOIN prepared.visit AS v ON e.visit_occurrence_id = v.visit_occurrence_id
    UNION ALL
    SELECT
        e.*,
        s.hospital_id,
        s.admission_id
    FROM source.procedure_occurrence AS e
    INNER JOIN prepared.visit_stay AS s
        ON
            e.person_id = s.person_id
            AND COALESCE(e.procedure_datetime, e.procedure_date::TIMESTAMP)
            BETWEEN s.admitted_at AND s.discharged_at
    WHERE e.visit_occurrence_id IS NULL
)

SELECT
    p.hospital_id,
    p.admission_id,
    g.name AS procedure_code,
    p.procedure_end_datetime AS stopped_at,
    COALESCE(p.procedure_datetime, p.procedure_date::TIMESTAMP) AS started_at
FROM placed AS p
INNER JOIN prepared.meaning AS g ON p.procedure_concept_id = g.concept_id AND g.kind = 'procedure'
