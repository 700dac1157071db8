-- One row per sign or symptom that was coded. Absence is not coded, so present is always true.
-- Source: condition_occurrence, by concept (prepared.meaning).
WITH placed AS (
    SELECT
        e.*,
        v.hospital_id,
        v.admission_id
    FROM source.condition_occurrence AS e
    INNER JOIN prepared.visit AS v ON e.visit_occurrence_id = v.visit_occurrence_id
    UNION ALL
    SELECT
        e.*,
        s.hospital_id,
        s.admission_id
    FROM source.condition_occurrence AS e
    INNER JOIN prepared.visit_stay AS s
        ON
            e.person_id = s.person_id
            AND COALESCE(e.condition_start_datetime, e.condition_start_date::TIMESTAMP)
            BETWEEN s.admitted_at AND s.discharged_at
    WHERE e.visit_occurrence_id IS NULL
)

SELECT
    p.hospital_id,
    p.admission_id,
    g.name AS finding_code,
    TRUE AS present,
    COALESCE(p.condition_start_datetime, p.condition_start_date::TIMESTAMP) AS observed_at
FROM placed AS p
INNER JOIN prepared.meaning AS g ON p.condition_concept_id = g.concept_id AND g.kind = 'finding'
