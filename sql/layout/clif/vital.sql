-- One row per measurement: vital signs, the total Glasgow coma score, and urine output (3.0).
-- Source: CLIF vitals (time measured where it is given, else time recorded), patient_assessments,
-- output. Weight and height are columns of the admission. A category that CLIF does not have stays
-- as it is written.
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    COALESCE(c.name, v.vital_category) AS vital_code,
    v.vital_value AS value,
    c.unit,
    COALESCE(v.measured_dttm, v.recorded_dttm) AS measured_at
FROM source.clif_vitals AS v
LEFT JOIN prepared.vital_category AS c ON v.vital_category = c.vital_category
INNER JOIN prepared.stay AS s ON v.hospitalization_id = s.hospitalization_id
WHERE c.name IS NULL OR c.name NOT IN ('weight', 'height')
UNION ALL
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    'gcs' AS vital_code,
    a.numerical_value AS value,
    'points' AS unit,
    a.recorded_dttm AS measured_at
FROM source.clif_patient_assessments AS a
INNER JOIN prepared.stay AS s ON a.hospitalization_id = s.hospitalization_id
WHERE PLAIN_WORD(a.assessment_category) = 'gcs_total'
UNION ALL
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    'urine_output' AS vital_code,
    o.output_value AS value,
    COALESCE(o.output_unit, 'mL') AS unit,
    o.recorded_dttm AS measured_at
FROM source.clif_output AS o
INNER JOIN prepared.stay AS s ON o.hospitalization_id = s.hospitalization_id
WHERE PLAIN_WORD(o.output_group) = 'urine' OR PLAIN_WORD(o.output_category) = 'urine'
