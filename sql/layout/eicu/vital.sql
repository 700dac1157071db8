-- One row per measurement: what was charted, and the variables of APACHE.
-- Source: eICU vitalperiodic, vitalaperiodic, prepared.vital_charted; apacheapsvar (the worst value
-- of the first day in the unit, -1 a missing one: its moment is the end of that day, before which
-- nobody knew it).
WITH charted AS (
    SELECT
        patientunitstayid,
        observationoffset AS minutes,
        UNNEST([
            { 'name': 'sbp', 'unit': 'mmHg', 'value': noninvasivesystolic },
            { 'name': 'dbp', 'unit': 'mmHg', 'value': noninvasivediastolic },
            { 'name': 'map', 'unit': 'mmHg', 'value': noninvasivemean }
        ]) AS told
    FROM source.vitalaperiodic
    UNION ALL
    SELECT
        patientunitstayid,
        observationoffset AS minutes,
        UNNEST([
            { 'name': 'temperature', 'unit': 'C', 'value': temperature },
            { 'name': 'spo2', 'unit': '%', 'value': sao2 },
            { 'name': 'heart_rate', 'unit': '/min', 'value': heartrate },
            { 'name': 'respiratory_rate', 'unit': '/min', 'value': respiration },
            { 'name': 'sbp', 'unit': 'mmHg', 'value': systemicsystolic },
            { 'name': 'dbp', 'unit': 'mmHg', 'value': systemicdiastolic },
            { 'name': 'map', 'unit': 'mmHg', 'value': systemicmean }
        ]) AS told
    FROM source.vitalperiodic
    UNION ALL
    SELECT
        patientunitstayid,
        minutes,
        { 'name': vital_code, 'unit': unit, 'value': value } AS told
    FROM prepared.vital_charted
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
)

SELECT
    s.hospital_id,
    s.admission_id,
    v.told.name AS vital_code,
    v.told.value,
    v.told.unit,
    v.minutes + s.shift AS measured_at
FROM charted AS v
INNER JOIN prepared.unit_stay AS s ON v.patientunitstayid = s.patientunitstayid
WHERE v.told.value IS NOT NULL
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
