-- The results of some analytes in eligible stays: what scores and syndromes read.
-- Grain: one result. value: standard unit, 6 decimals; value_mg_dl: creatinine and bilirubin that
-- the laboratory reported in mg/dL, on that scale (their bins differ), else NULL.
-- day: the 24 h window of score_span, NULL outside all of them. $analytes: analyte names.
-- Factors: creatinine 88.4, bilirubin 17.1 umol/L per mg/dL.
SELECT
    l.admission_id,
    l.analyte,
    l.collected_at,
    ROUND(l.value_std, 6) AS value,
    CASE
        WHEN l.analyte NOT IN ('creatinine', 'total_bilirubin') THEN NULL
        WHEN
            COALESCE(LOWER(REGEXP_REPLACE(TRANSLATE(l.unit, '／　', '/ '), '\s', '', 'g')), '')
            NOT IN ('mg/dl', 'mg/100ml')
            THEN NULL
        WHEN l.analyte = 'creatinine' THEN ROUND(l.value_std / 88.4, 6)
        ELSE ROUND(l.value_std / 17.1, 6)
    END AS value_mg_dl,
    CASE
        WHEN
            l.collected_at >= s.anchor_at AND l.collected_at < s.ends_at
            THEN (EPOCH_US(l.collected_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1
    END AS day
FROM lab AS l
INNER JOIN score_span AS s ON l.admission_id = s.admission_id
WHERE
    l.analyte IN (SELECT UNNEST($analytes)) AND l.value_std IS NOT NULL
    AND l.collected_at >= s.admitted_at
    AND l.collected_at <= s.left_at
