-- The distribution of each analyte: how many values lie in each eighth of an octave.
-- Grain: hospital, analyte, code, unit, month, bin (null: no positive value in the standard unit).
-- Censored results are left out: half a limit is no measurement. Of the sampled stays (all, in a
-- small hospital): a distribution does not need every row.
WITH sampled AS (
    SELECT admission_id
    FROM gate.stay
    WHERE stay_sampled
)

SELECT
    hospital_id,
    analyte,
    lab_code,
    vocabulary,
    unit,
    DATE_TRUNC('month', collected_at)::DATE AS month,
    CASE
        WHEN value_std > 0 AND ISFINITE(value_std) THEN FLOOR(8 * LOG2(value_std))
    END::SMALLINT AS bin,
    COUNT(*) AS n
FROM resolved.lab
WHERE censored IS NULL AND admission_id IN (SELECT s.admission_id FROM sampled AS s)
GROUP BY ALL
