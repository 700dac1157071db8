-- Myocardial injury: a cardiac troponin above the 99th percentile of its assay.
-- The percentile belongs to the assay, which is not on record; assumed: troponin I 40 ng/L,
-- troponin T 14 ng/L.
-- Grain: eligible admission. met: FALSE measured and never above; NULL not measured.
-- first_at: the first such result. Needs stay_lab. Source: Thygesen 2018 (Circulation 138:e618).
WITH judged AS (
    SELECT
        admission_id,
        collected_at,
        value > CASE analyte WHEN 'troponin_i' THEN 40 ELSE 14 END AS met
    FROM stay_lab
    WHERE analyte IN ('troponin_i', 'troponin_t')
),

summary AS (
    SELECT
        admission_id,
        BOOL_OR(met) AS met,
        MIN(collected_at) FILTER (WHERE met) AS first_at
    FROM judged
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    s.met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
