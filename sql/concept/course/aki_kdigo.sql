-- Acute kidney injury by KDIGO, any stage (the stage: aki_moment).
-- Grain: eligible admission. met: FALSE no sign of it, and creatinine was measured at two
-- moments within 7 days (one value cannot rise); else NULL. first_at: the first sign.
-- Needs aki_moment, stay_lab. Source: KDIGO 2012 (Kidney Int Suppl 2:1).
WITH moment AS (
    SELECT
        admission_id,
        MIN(seen_at) AS first_at
    FROM aki_moment
    GROUP BY admission_id
),

gap AS (
    SELECT
        admission_id,
        collected_at - LAG(collected_at) OVER (
            PARTITION BY admission_id ORDER BY collected_at
        ) AS since_last
    FROM stay_lab
    WHERE analyte = 'creatinine' AND value > 0
),

measured AS (
    SELECT DISTINCT admission_id
    FROM gap
    WHERE since_last > INTERVAL 0 HOUR AND since_last <= INTERVAL 7 DAY
)

SELECT
    e.admission_id,
    CASE
        WHEN m.admission_id IS NOT NULL THEN TRUE
        WHEN g.admission_id IS NOT NULL THEN FALSE
    END AS met,
    m.first_at
FROM eligible AS e
LEFT JOIN moment AS m ON e.admission_id = m.admission_id
LEFT JOIN measured AS g ON e.admission_id = g.admission_id
