-- One row per vital sign. Weight and height are columns of the admission.
-- Source: measurement. unit: the UCUM code of unit_concept_id, else as written.
WITH placed AS (
    SELECT
        e.*,
        v.hospital_id,
        v.admission_id
    FROM source.measurement AS e
    INNER JOIN prepared.visit AS v ON e.visit_occurrence_id = v.visit_occurrence_id
    UNION ALL
    SELECT
        e.*,
        s.hospital_id,
        s.admission_id
    FROM source.measurement AS e
    INNER JOIN prepared.visit_stay AS s
        ON
            e.person_id = s.person_id
            AND COALESCE(e.measurement_datetime, e.measurement_date::TIMESTAMP)
            BETWEEN s.admitted_at AND s.discharged_at
    WHERE e.visit_occurrence_id IS NULL
)

SELECT
    p.hospital_id,
    p.admission_id,
    g.name AS vital_code,
    p.value_as_number AS value,
    COALESCE(u.unit, p.unit_source_value) AS unit,
    COALESCE(p.measurement_datetime, p.measurement_date::TIMESTAMP) AS measured_at
FROM placed AS p
INNER JOIN prepared.meaning AS g
    ON
        p.measurement_concept_id = g.concept_id
        AND g.kind = 'vital' AND g.name NOT IN ('weight', 'height')
LEFT JOIN prepared.unit AS u ON p.unit_concept_id = u.concept_id
