-- The lowest and the highest value of each APACHE II variable in the first 24 h of score_span.
-- Grain: admission, variable (names of score_bin), value. Points rise to both sides of normal, so
-- the worst value is one of the two. Creatinine counts in mg/dL.
-- Bicarbonate counts only without an arterial pH.
-- Needs score_span, stay_lab, stay_vital, mean_arterial_pressure, apache_oxygenation.
WITH first_lab AS (
    SELECT l.*
    FROM stay_lab AS l
    INNER JOIN score_span AS s ON l.admission_id = s.admission_id
    WHERE
        l.collected_at >= s.anchor_at AND l.collected_at < s.anchor_at + INTERVAL 24 HOUR
        AND l.collected_at < s.ends_at
),

has_ph AS (
    SELECT DISTINCT admission_id
    FROM first_lab
    WHERE analyte = 'ph'
),

every AS (
    SELECT * FROM apache_oxygenation
    UNION ALL
    SELECT
        l.admission_id,
        CASE WHEN l.analyte = 'creatinine' THEN 'creatinine_mg_dl' ELSE l.analyte::VARCHAR END
            AS variable,
        CASE
            WHEN l.analyte = 'creatinine' THEN COALESCE(l.value_mg_dl, ROUND(l.value / 88.4, 6))
            ELSE l.value
        END AS value
    FROM first_lab AS l
    LEFT JOIN has_ph AS p ON l.admission_id = p.admission_id
    WHERE
        l.analyte IN ('ph', 'sodium', 'potassium', 'creatinine', 'hematocrit', 'wbc')
        OR (l.analyte = 'bicarbonate' AND p.admission_id IS NULL)
    UNION ALL
    SELECT
        v.admission_id,
        v.vital_code::VARCHAR AS variable,
        v.value
    FROM stay_vital AS v
    INNER JOIN score_span AS s ON v.admission_id = s.admission_id
    WHERE
        v.vital_code IN ('temperature', 'heart_rate', 'respiratory_rate', 'gcs')
        AND v.measured_at >= s.anchor_at AND v.measured_at < s.anchor_at + INTERVAL 24 HOUR
        AND v.measured_at < s.ends_at
    UNION ALL
    SELECT
        admission_id,
        'map' AS variable,
        UNNEST([lowest_mmhg, highest_mmhg]) AS value
    FROM mean_arterial_pressure
    WHERE day = 1
)

SELECT
    admission_id,
    variable,
    UNNEST(LIST_DISTINCT([MIN(value), MAX(value)])) AS value
FROM every
WHERE value IS NOT NULL
GROUP BY admission_id, variable
