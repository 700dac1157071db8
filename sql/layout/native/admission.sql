-- admission: one inpatient stay, as the native layout has it.
-- Grain: one inpatient stay. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    patient_id,
    admitted_at,
    discharged_at,
    discharge_status,
    symptom_onset_at,
    age_years,
    weight_kg,
    height_cm,
    current_smoker
FROM source.admission
