-- Severe COVID-19: respiratory rate >= 30/min, or SpO2 <= 93% at rest, or PaO2/FiO2 <= 300 mmHg,
-- at any time of the stay. Needs view pf_ratio.
-- met: TRUE any of the three; FALSE none, and both bedside signs were measured; else NULL. (A blood
-- gas is taken on suspicion, so its absence alone does not leave severity open.)
-- SpO2 counts on oxygen as well: versions 4-7 do not ask for room air, and 93% on oxygen is worse.
-- Grain: eligible admission. first_at: the first moment one of the three was seen.
-- Source: Chinese diagnosis and treatment protocol for COVID-19, trial versions 4-7.
WITH sign AS (
    SELECT
        v.admission_id,
        v.measured_at,
        v.vital_code AS sign,
        CASE v.vital_code
            WHEN 'respiratory_rate' THEN ROUND(v.value_std, 6) >= 30
            ELSE ROUND(v.value_std, 6) <= 93
        END AS met
    FROM vital AS v
    INNER JOIN eligible AS e ON v.admission_id = e.admission_id
    WHERE
        v.vital_code IN ('respiratory_rate', 'spo2') AND v.value_std IS NOT NULL
        AND v.measured_at >= e.admitted_at
        AND (e.discharged_at IS NULL OR v.measured_at <= e.discharged_at)
    UNION ALL
    SELECT
        admission_id,
        measured_at,
        'pf_ratio' AS sign,
        pf_mmhg <= 300 AS met
    FROM pf_ratio
),

summary AS (
    SELECT
        admission_id,
        BOOL_OR(met) AS any_met,
        BOOL_OR(sign = 'respiratory_rate') AND BOOL_OR(sign = 'spo2') AS both_signs,
        MIN(measured_at) FILTER (WHERE met) AS first_at
    FROM sign
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    CASE WHEN s.any_met THEN TRUE WHEN s.both_signs THEN FALSE END AS met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
