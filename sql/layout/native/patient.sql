-- patient: one patient in a hospital, as the native layout has it.
-- Grain: one patient in a hospital. Optional columns that the files lack are null.
SELECT
    hospital_id,
    patient_id,
    person_id,
    sex,
    birth_date,
    death_at
FROM source.patient
