-- icu_stay: one ICU stay, as the native layout has it.
-- Grain: one ICU stay. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    started_at,
    stopped_at
FROM source.icu_stay
