-- vital: one measurement, as the native layout has it.
-- Grain: one measurement. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    vital_code,
    value,
    unit,
    measured_at
FROM source.vital
