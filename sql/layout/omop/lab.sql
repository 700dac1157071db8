-- One row per result: measurements that are no vital sign, body measure or pathogen test.
-- Source: measurement. lab_code: the concept id; where that is 0, the LOINC code of the source
-- concept, else the source value. unit: the UCUM code of unit_concept_id, else as
-- written. value_text: the operator (< 4171756, <= 4171754, > 4172704, >= 4171755) with the number,
-- else the value as written.
SELECT
    p.hospital_id,
    p.admission_id,
    CASE
        WHEN p.measurement_concept_id <> 0 THEN p.measurement_concept_id::VARCHAR
        ELSE COALESCE(c.concept_code, p.measurement_source_value)
    END AS lab_code,
    CASE
        WHEN p.measurement_concept_id <> 0 THEN 'OMOP'
        WHEN c.concept_code IS NOT NULL THEN 'LOINC'
        ELSE 'local'
    END AS vocabulary,
    p.value_as_number AS value,
    NULL AS resulted_at,
    COALESCE(u.unit, p.unit_source_value) AS unit,
    p.happened_at AS collected_at,
    CASE
        WHEN p.operator_concept_id IN (4171756, 4171754) THEN '<' || p.value_as_number
        WHEN p.operator_concept_id IN (4172704, 4171755) THEN '>' || p.value_as_number
        ELSE p.value_source_value
    END AS value_text
FROM
    prepared.PLACED(
        'source.measurement', MOMENT_OF(measurement_datetime, measurement_date)
    ) AS p
LEFT JOIN prepared.unit AS u ON p.unit_concept_id = u.concept_id
LEFT JOIN source.concept AS c
    ON
        p.measurement_source_concept_id = c.concept_id
        AND c.vocabulary_id = 'LOINC' AND COALESCE(p.measurement_concept_id, 0) = 0
ANTI JOIN prepared.meaning AS g
    ON p.measurement_concept_id = g.concept_id AND g.kind IN ('vital', 'pathogen')
