-- One row per vital sign. Weight and height are columns of the admission.
-- Source: measurement. unit: the UCUM code of unit_concept_id, else as written.
SELECT
    p.hospital_id,
    p.admission_id,
    g.name AS vital_code,
    p.value_as_number AS value,
    COALESCE(u.unit, p.unit_source_value) AS unit,
    p.happened_at AS measured_at
FROM
    prepared.PLACED(
        'source.measurement', MOMENT_OF(measurement_datetime, measurement_date)
    ) AS p
INNER JOIN prepared.meaning AS g
    ON
        p.measurement_concept_id = g.concept_id
        AND g.kind = 'vital' AND g.name NOT IN ('weight', 'height')
LEFT JOIN prepared.unit AS u ON p.unit_concept_id = u.concept_id
