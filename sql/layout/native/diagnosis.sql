-- diagnosis: one coded diagnosis, as the native layout has it.
-- Grain: one coded diagnosis. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    code,
    vocabulary,
    present_on_admission,
    diagnosed_at
FROM source.diagnosis
