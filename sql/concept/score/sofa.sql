-- SOFA in each 24 h window: worst value per component, and the lowest and highest possible score.
-- Grain: admission and day of score_span. Components 0 to 4; NULL not measured.
-- sofa: a missing component counts 0; NULL when more than $max_missing components are missing.
-- sofa_n_missing: how many of the six. sofa_lo: missing components at 0 and unknown rates at their
-- lowest; sofa_hi: missing components at 4, unknown rates at their highest, and PaO2/FiO2 as if
-- supported where nobody knows.
-- Needs score_bin, score_span, sofa_value, sofa_vasoactive.
-- Source: Vincent 1996 (Intensive Care Med 22:707).
WITH component AS (
    SELECT
        v.admission_id,
        v.day,
        MAX(b.points) FILTER (WHERE v.variable IN ('pf_supported', 'pf_unsupported'))
            AS respiration,
        MAX(b.points) FILTER (WHERE v.variable = 'pf_if_supported') AS respiration_hi,
        MAX(b.points) FILTER (WHERE v.variable = 'platelets') AS coagulation,
        MAX(b.points) FILTER (WHERE v.variable IN ('total_bilirubin', 'total_bilirubin_mg_dl'))
            AS liver,
        MAX(b.points) FILTER (WHERE v.variable = 'map') AS pressure,
        MAX(b.points) FILTER (WHERE v.variable = 'gcs') AS nervous,
        MAX(b.points) FILTER (WHERE v.variable IN ('creatinine', 'creatinine_mg_dl', 'urine_ml'))
            AS renal
    FROM sofa_value AS v
    INNER JOIN score_bin AS b
        ON v.variable = b.variable AND v.value >= b.lower_edge AND v.value < b.upper_edge
    WHERE b.score = 'sofa'
    GROUP BY v.admission_id, v.day
),

day AS (
    SELECT
        admission_id,
        UNNEST(RANGE(1, n_days + 1)) AS day
    FROM score_span
),

whole AS (
    SELECT
        d.admission_id,
        d.day,
        c.respiration,
        GREATEST(c.respiration, c.respiration_hi) AS respiration_hi,
        c.coagulation,
        c.liver,
        GREATEST(c.pressure, v.points) AS cardiovascular,
        GREATEST(c.pressure, v.points_hi) AS cardiovascular_hi,
        c.nervous,
        c.renal
    FROM day AS d
    LEFT JOIN component AS c ON d.admission_id = c.admission_id AND d.day = c.day
    LEFT JOIN sofa_vasoactive AS v ON d.admission_id = v.admission_id AND d.day = v.day
),

summed AS (
    SELECT
        *,
        LIST_SUM([respiration, coagulation, liver, cardiovascular, nervous, renal]) AS known,
        6 - LIST_COUNT([respiration, coagulation, liver, cardiovascular, nervous, renal])
            AS sofa_n_missing
    FROM whole
)

SELECT
    admission_id,
    day,
    respiration,
    coagulation,
    liver,
    cardiovascular,
    nervous,
    renal,
    CASE WHEN sofa_n_missing <= $max_missing THEN COALESCE(known, 0)::INTEGER END AS sofa,
    sofa_n_missing,
    COALESCE(known, 0)::INTEGER AS sofa_lo,
    (
        COALESCE(known, 0) + 4 * sofa_n_missing
        + COALESCE(respiration_hi - respiration, 0)
        + COALESCE(cardiovascular_hi - cardiovascular, 0)
    )::INTEGER AS sofa_hi
FROM summed
