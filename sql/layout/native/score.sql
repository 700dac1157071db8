-- score: one recorded score, as the native layout has it.
-- Grain: one recorded score. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    score_code,
    value,
    scored_at
FROM source.score
