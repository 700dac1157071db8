-- The distribution of each vital sign, in steps of a tenth of a unit (a hundredth below 2).
-- Grain: hospital, code, unit, month, step. Of the sampled stays, and seen as in the laboratory
-- profile.
SELECT
    v.hospital_id,
    v.vital_code,
    v.unit,
    DATE_TRUNC('month', v.measured_at)::DATE AS month,
    ROUND(v.value_std, CASE WHEN v.value_std < 2 THEN 2 ELSE 1 END) AS step,
    COUNT(*) AS n,
    BIT_OR(s.stay_bit) AS seen
FROM resolved.vital AS v
INNER JOIN gate.stay AS s ON v.admission_id = s.admission_id AND s.stay_sampled
GROUP BY ALL
