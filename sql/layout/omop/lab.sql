-- One row per result: measurements that are no vital sign, body measure or pathogen test.
-- Source: measurement. lab_code: the concept id. unit: the UCUM code of unit_concept_id, else as
-- written. value_text: the operator (< 4171756, <= 4171754, > 4172704, >= 4171755) with the number,
-- else the value as written.
SELECT
    p.hospital_id,
    p.admission_id,
    p.measurement_concept_id::VARCHAR AS lab_code,
    'OMOP' AS vocabulary,
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
        'source.measurement', COALESCE(measurement_datetime, measurement_date::TIMESTAMP)
    ) AS p
LEFT JOIN prepared.unit AS u ON p.unit_concept_id = u.concept_id
ANTI JOIN prepared.meaning AS g
    ON p.measurement_concept_id = g.concept_id AND g.kind IN ('vital', 'pathogen')
