-- One row per unit stay in intensive care; step-down patients of such a unit are not in it.
-- Source: eICU patient.
SELECT
    hospitalid::VARCHAR AS hospital_id,
    patienthealthsystemstayid AS admission_id,
    -hospitaladmitoffset AS started_at,
    unitdischargeoffset - hospitaladmitoffset AS stopped_at
FROM source.patient
WHERE PLAIN_WORD(unitstaytype) IS DISTINCT FROM 'stepdown/other'
