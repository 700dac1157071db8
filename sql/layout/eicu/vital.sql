-- One row per measurement: what was charted, and the variables of APACHE.
-- Source: eICU vitalperiodic, vitalaperiodic, physicalexam (coma score), respiratorycharting (FiO2
-- in percent), intakeoutput (urine: what is charted as an output in mL under a name of urine, a
-- urinary catheter or voids; counts of voids are no volume), apacheapsvar (the worst value of the
-- first day in the unit, -1 a missing one: its moment is the end of that day, before which nobody
-- knew it).
WITH pressure AS (
    SELECT
        patientunitstayid,
        observationoffset AS minutes,
        UNNEST([
            { 'vital_code': 'sbp', 'value': noninvasivesystolic },
            { 'vital_code': 'dbp', 'value': noninvasivediastolic },
            { 'vital_code': 'map', 'value': noninvasivemean }
        ]) AS told
    FROM source.vitalaperiodic
),

apache AS (
    SELECT
        patientunitstayid,
        UNNEST([
            { 'name': 'temperature', 'unit': 'C', 'value': temperature },
            { 'name': 'respiratory_rate', 'unit': '/min', 'value': respiratoryrate },
            { 'name': 'heart_rate', 'unit': '/min', 'value': heartrate },
            { 'name': 'map', 'unit': 'mmHg', 'value': meanbp },
            { 'name': 'fio2', 'unit': '%', 'value': fio2 },
            {
                'name': 'gcs', 'unit': 'points',
                'value': CASE
                    WHEN eyes > 0 AND motor > 0 AND verbal > 0 THEN eyes + motor + verbal
                END
            }
        ]) AS told
    FROM source.apacheapsvar
),

monitor AS (
    SELECT
        patientunitstayid,
        observationoffset AS minutes,
        UNNEST([
            { 'vital_code': 'temperature', 'value': temperature },
            { 'vital_code': 'spo2', 'value': sao2 },
            { 'vital_code': 'heart_rate', 'value': heartrate },
            { 'vital_code': 'respiratory_rate', 'value': respiration },
            { 'vital_code': 'sbp', 'value': systemicsystolic },
            { 'vital_code': 'dbp', 'value': systemicdiastolic },
            { 'vital_code': 'map', 'value': systemicmean }
        ]) AS told
    FROM source.vitalperiodic
),

charted AS (
    SELECT
        patientunitstayid,
        minutes,
        told.vital_code,
        told.value
    FROM pressure
    WHERE told.value IS NOT NULL
    UNION ALL
    SELECT
        patientunitstayid,
        minutes,
        told.vital_code,
        told.value
    FROM monitor
    WHERE told.value IS NOT NULL
    UNION ALL
    SELECT
        patientunitstayid,
        physicalexamoffset AS minutes,
        'gcs' AS vital_code,
        value
    FROM prepared.coma_score
    UNION ALL
    SELECT
        patientunitstayid,
        respchartoffset AS minutes,
        'fio2' AS vital_code,
        TRY_CAST(TRIM(respchartvalue, ' %') AS DOUBLE) AS value
    FROM source.respiratorycharting
    WHERE
        PLAIN_WORD(respchartvaluelabel) IN (
            'fio2', 'fio2_(%)', 'o2_percentage', 'set_fraction_of_inspired_oxygen_(fio2)'
        )
    UNION ALL
    SELECT
        patientunitstayid,
        intakeoutputoffset AS minutes,
        'urine_output' AS vital_code,
        cellvaluenumeric AS value
    FROM source.intakeoutput
    WHERE
        CONTAINS(cellpath, '|Output (ml)|')
        AND REGEXP_MATCHES(celllabel, 'urin|foley|void', 'i')
        AND NOT REGEXP_MATCHES(celllabel, 'count|occurrence|unmeasured|stool|irrigat', 'i')
)

SELECT
    s.hospital_id,
    s.admission_id,
    v.vital_code,
    v.value,
    CASE v.vital_code
        WHEN 'temperature' THEN 'C'
        WHEN 'spo2' THEN '%'
        WHEN 'fio2' THEN '%'
        WHEN 'gcs' THEN 'points'
        WHEN 'urine_output' THEN 'mL'
        WHEN 'heart_rate' THEN '/min'
        WHEN 'respiratory_rate' THEN '/min'
        ELSE 'mmHg'
    END AS unit,
    v.minutes + s.shift AS measured_at
FROM charted AS v
INNER JOIN prepared.unit_stay AS s ON v.patientunitstayid = s.patientunitstayid
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    a.told.name AS vital_code,
    a.told.value,
    a.told.unit,
    s.apache_minutes AS measured_at
FROM apache AS a
INNER JOIN prepared.unit_stay AS s ON a.patientunitstayid = s.patientunitstayid
WHERE a.told.value > 0
