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
        -- a look for letters spares most rows the reading of the unit below
        WHEN l.unit IS NULL OR CONTAINS(l.unit, 'mol') THEN NULL
        WHEN
            NOT (
                CONTAINS(l.unit, 'g') OR CONTAINS(l.unit, 'G') OR CONTAINS(l.unit, 'ｇ')
                OR CONTAINS(l.unit, 'Ｇ') OR CONTAINS(l.unit, '克') OR CONTAINS(l.unit, '㎎')
            ) THEN NULL
        WHEN
            NOT REGEXP_FULL_MATCH(
                LOWER(TRANSLATE(l.unit, '／　ｍｇｄｌＭＧＤＬ', '/ mgdlmgdl')),
                '\s*(m\s*g|毫克|㎎)\s*/\s*(d\s*l|㎗|100\s*ml)\s*(\{[^}]*\})?\s*'
            )
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
