-- The distribution of each vital sign, in steps of a tenth of a unit (a hundredth below 2).
-- Grain: hospital, code, unit, month, step. Of the sampled stays, like the laboratory profile.
WITH sampled AS (
    SELECT admission_id
    FROM gate.stay
    WHERE stay_sampled
)

SELECT
    hospital_id,
    vital_code,
    unit,
    DATE_TRUNC('month', measured_at)::DATE AS month,
    ROUND(value_std, CASE WHEN value_std < 2 THEN 2 ELSE 1 END) AS step,
    COUNT(*) AS n
FROM resolved.vital
WHERE admission_id IN (SELECT s.admission_id FROM sampled AS s)
GROUP BY ALL
