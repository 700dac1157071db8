-- The clock of each unit stay: how to turn its offsets into minutes from the hospital admission.
-- Grain: unit stay. shift: added to an offset from the unit admission. discharged: from hospital.
-- apache_minutes: the end of the first day in the unit, or the end of the unit stay: by then the
-- worst values of that day, of which nobody knows the moment, are known.
-- Source: eICU patient.
SELECT
    patientunitstayid,
    patienthealthsystemstayid AS admission_id,
    hospitalid::VARCHAR AS hospital_id,
    uniquepid,
    -hospitaladmitoffset AS shift,
    hospitaldischargeoffset - hospitaladmitoffset AS discharged,
    LEAST(1440, unitdischargeoffset) - hospitaladmitoffset AS apache_minutes
FROM source.patient
