-- The clock of each unit stay: how to turn its offsets into minutes from the hospital admission.
-- Grain: unit stay. shift: added to an offset from the unit admission. discharged: from hospital.
-- apache_minutes: the end of the first day in the unit, or the end of the unit stay: by then the
-- worst values of that day, of which nobody knows the moment, are known. is_from_outside: the
-- first unit of the stay, within a day, and not by way of a ward or an operation.
-- Source: eICU patient.
SELECT
    patientunitstayid,
    patienthealthsystemstayid AS admission_id,
    hospitalid::VARCHAR AS hospital_id,
    uniquepid,
    -hospitaladmitoffset AS shift,
    hospitaldischargeoffset - hospitaladmitoffset AS discharged,
    LEAST(1440, unitdischargeoffset) - hospitaladmitoffset AS apache_minutes,
    hospitaladmitoffset > -1440
    AND COALESCE(unitvisitnumber, 1) = 1
    AND PLAIN_WORD(unitadmitsource) IN (
        'emergency_department', 'direct_admit', 'other_hospital', 'chest_pain_center'
    ) AS is_from_outside
FROM source.patient
