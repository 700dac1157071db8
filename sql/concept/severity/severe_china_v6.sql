-- Severe COVID-19: respiratory rate >= 30/min, or SpO2 <= 93% at rest, or PaO2/FiO2 <= 300 mmHg,
-- at any time of the stay. Needs stay_vital, pf_ratio.
-- met: TRUE any of the three; FALSE none, and both bedside signs were measured; else NULL. (A blood
-- gas is taken on suspicion, so its absence alone does not leave severity open.)
-- SpO2 counts on oxygen as well: versions 4-7 do not ask for room air, and 93% on oxygen is worse.
-- Grain: eligible admission. first_at: the first moment one of the three was seen.
-- Source: Chinese diagnosis and treatment protocol for COVID-19, trial versions 4-7.
WITH sign AS (
    SELECT
        admission_id,
        measured_at,
        vital_code::VARCHAR AS sign,
        CASE vital_code WHEN 'respiratory_rate' THEN value >= 30 ELSE value <= 93 END AS met
    FROM stay_vital
    WHERE vital_code IN ('respiratory_rate', 'spo2')
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
