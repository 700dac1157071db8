-- medication: one administration, as the native layout has it.
-- Grain: one administration. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    medication_id,
    order_id,
    drug_code,
    vocabulary,
    drug_name,
    dose,
    dose_unit,
    concentration_g_per_l,
    strength_g,
    route,
    status,
    started_at,
    stopped_at
FROM source.medication
