-- One row per measurement: vital signs, the total Glasgow coma score, and urine output (3.0).
-- Source: CLIF vitals (time measured where it is given, else time recorded), patient_assessments,
-- output. Weight and height are columns of the admission; other categories are left out.
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    r.vital_code,
    v.vital_value AS value,
    r.unit,
    COALESCE(v.measured_dttm, v.recorded_dttm) AS measured_at
FROM source.clif_vitals AS v
INNER JOIN ref.vital AS r
    ON
        v.vital_category = r.code
        AND r.vocabulary = 'CLIF'
        AND r.vital_code NOT IN ('weight', 'height', 'gcs')
INNER JOIN prepared.stay AS s ON v.hospitalization_id = s.hospitalization_id
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
WHERE a.assessment_category = 'gcs_total'
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
WHERE LOWER(o.output_group) = 'urine' OR LOWER(o.output_category) = 'urine'
