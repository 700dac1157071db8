-- Acute hepatic injury (assumed): ALT or AST >= 3 times, or bilirubin >= 2 times the upper limit of
-- normal: ALT and AST 40 U/L, bilirubin 21 umol/L or, where reported so, 1.2 mg/dL (assumed).
-- Grain: eligible admission. met: FALSE none, with bilirubin and ALT or AST measured; else NULL.
-- first_at: the first such result. Needs stay_lab.
WITH judged AS (
    SELECT
        admission_id,
        collected_at,
        analyte,
        CASE
            WHEN analyte != 'total_bilirubin' THEN value >= 3 * 40
            WHEN value_mg_dl IS NOT NULL THEN value_mg_dl >= 2 * 1.2
            ELSE value >= 2 * 21
        END AS met
    FROM stay_lab
    WHERE analyte IN ('alt', 'ast', 'total_bilirubin')
),

summary AS (
    SELECT
        admission_id,
        CASE
            WHEN BOOL_OR(met) THEN TRUE
            WHEN
                BOOL_OR(analyte = 'total_bilirubin') AND BOOL_OR(analyte != 'total_bilirubin')
                THEN FALSE
        END AS met,
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
