-- One row per result: of table lab, where it is there, and of the variables of APACHE.
-- Source: eICU lab, apacheapsvar. A value of APACHE is the worst of the first day in the unit: its
-- moment is the end of that day, before which nobody knew it; -1 stands for a missing one.
WITH listed AS (
    SELECT
        patientunitstayid,
        UNNEST([
            { 'name': 'wbc', 'unit': '10^3/uL', 'value': wbc },
            { 'name': 'sodium', 'unit': 'mmol/L', 'value': sodium },
            { 'name': 'ph', 'unit': '', 'value': ph },
            { 'name': 'hematocrit', 'unit': '%', 'value': hematocrit },
            { 'name': 'creatinine', 'unit': 'mg/dL', 'value': creatinine },
            { 'name': 'albumin', 'unit': 'g/dL', 'value': albumin },
            { 'name': 'pao2', 'unit': 'mmHg', 'value': pao2 },
            { 'name': 'paco2', 'unit': 'mmHg', 'value': pco2 },
            { 'name': 'glucose', 'unit': 'mg/dL', 'value': glucose },
            { 'name': 'total_bilirubin', 'unit': 'mg/dL', 'value': bilirubin }
        ]) AS told
    FROM source.apacheapsvar
)

SELECT
    s.hospital_id,
    s.admission_id,
    COALESCE(n.lab_code, TRIM(l.labname)) AS lab_code,
    'local' AS vocabulary,
    l.labresult AS value,
    l.labresulttext AS value_text,
    l.labmeasurenamesystem AS unit,
    l.labresultoffset + s.shift AS collected_at,
    GREATEST(l.labresultrevisedoffset, l.labresultoffset) + s.shift AS resulted_at
FROM source.lab AS l
INNER JOIN prepared.unit_stay AS s ON l.patientunitstayid = s.patientunitstayid
LEFT JOIN prepared.lab_name AS n ON LOWER(TRIM(l.labname)) = n.labname
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    a.told.name AS lab_code,
    'local' AS vocabulary,
    a.told.value,
    NULL AS value_text,
    a.told.unit,
    s.apache_minutes AS collected_at,
    s.apache_minutes AS resulted_at
FROM listed AS a
INNER JOIN prepared.unit_stay AS s ON a.patientunitstayid = s.patientunitstayid
WHERE a.told.value > 0
