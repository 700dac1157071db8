-- lab: one result, as the native layout has it.
-- Grain: one result. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    lab_code,
    vocabulary,
    value,
    value_text,
    unit,
    collected_at,
    resulted_at
FROM source.lab
