-- respiratory_support: one interval, as the native layout has it.
-- Grain: one interval. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    device,
    fio2,
    started_at,
    stopped_at
FROM source.respiratory_support
