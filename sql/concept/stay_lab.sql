-- The results of some analytes in eligible stays: what scores and syndromes read.
-- Grain: one result. analyte: a small number with a name (type stay_analyte), as many rows are read
-- many times. value: standard unit, 6 decimals; value_mg_dl: creatinine and bilirubin that the
-- laboratory reported in mg/dL, on that scale (their bins differ), else NULL. $analytes: names.
-- Factors: creatinine 88.4, bilirubin 17.1 umol/L per mg/dL. Needs score_span.
WITH wanted AS (
    SELECT
        name,
        name::stay_analyte AS analyte
    FROM (SELECT UNNEST($analytes) AS name) AS listed
)

SELECT
    l.admission_id,
    w.analyte,
    l.collected_at,
    ROUND(l.value_std, 6) AS value,
    CASE
        WHEN l.analyte NOT IN ('creatinine', 'total_bilirubin') THEN NULL
        -- a look at one letter spares most rows the search below
        WHEN NOT (CONTAINS(l.unit, 'g') OR CONTAINS(l.unit, 'G')) THEN NULL
        WHEN
            COALESCE(LOWER(REGEXP_REPLACE(TRANSLATE(l.unit, '／　', '/ '), '\s', '', 'g')), '')
            NOT IN ('mg/dl', 'mg/100ml')
            THEN NULL
        WHEN l.analyte = 'creatinine' THEN ROUND(l.value_std / 88.4, 6)
        ELSE ROUND(l.value_std / 17.1, 6)
    END AS value_mg_dl
FROM lab AS l
INNER JOIN score_span AS s ON l.admission_id = s.admission_id
INNER JOIN wanted AS w ON l.analyte = w.name
WHERE
    l.value_std IS NOT NULL
    AND l.collected_at BETWEEN s.admitted_at AND s.left_at
