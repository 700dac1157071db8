-- The worst value of each SOFA variable in each 24 h window.
-- Grain: admission, day, variable (names of score_bin); no row where it was not measured.
-- Creatinine and bilirubin count in the unit system reported. pf_if_supported: where nobody knows
-- whether the patient was supported, beside pf_unsupported.
-- Needs score_span, stay_lab, stay_vital, mean_arterial_pressure, pf_ratio, urine_day.
WITH ratio AS (
    SELECT
        p.admission_id,
        (EPOCH_US(p.measured_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1 AS day,
        p.supported,
        MIN(p.pf_mmhg) AS value
    FROM pf_ratio AS p
    INNER JOIN score_span AS s ON p.admission_id = s.admission_id
    WHERE
        p.pf_mmhg IS NOT NULL AND p.measured_at >= s.anchor_at
        AND p.measured_at < s.ends_at
    GROUP BY ALL
),

lab_worst AS (
    SELECT
        l.admission_id,
        (EPOCH_US(l.collected_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1 AS day,
        MIN(l.value) FILTER (WHERE l.analyte = 'platelets') AS platelets,
        MAX(l.value) FILTER (WHERE l.analyte = 'creatinine' AND l.value_mg_dl IS NULL)
            AS creatinine,
        MAX(l.value_mg_dl) FILTER (WHERE l.analyte = 'creatinine') AS creatinine_mg_dl,
        MAX(l.value) FILTER (WHERE l.analyte = 'total_bilirubin' AND l.value_mg_dl IS NULL)
            AS total_bilirubin,
        MAX(l.value_mg_dl) FILTER (WHERE l.analyte = 'total_bilirubin') AS total_bilirubin_mg_dl
    FROM stay_lab AS l
    INNER JOIN score_span AS s ON l.admission_id = s.admission_id
    WHERE
        l.analyte IN ('platelets', 'total_bilirubin', 'creatinine')
        AND l.collected_at >= s.anchor_at AND l.collected_at < s.ends_at
    GROUP BY l.admission_id, day
),

lab_value AS (
    UNPIVOT lab_worst
    ON platelets, creatinine, creatinine_mg_dl, total_bilirubin, total_bilirubin_mg_dl
    INTO NAME variable VALUE value
)

SELECT
    admission_id,
    day,
    CASE WHEN supported THEN 'pf_supported' ELSE 'pf_unsupported' END AS variable,
    value
FROM ratio
UNION ALL
SELECT
    admission_id,
    day,
    'pf_if_supported' AS variable,
    value
FROM ratio
WHERE supported IS NULL
UNION ALL
SELECT * FROM lab_value
UNION ALL
SELECT
    admission_id,
    day,
    'urine_ml' AS variable,
    urine_ml AS value
FROM urine_day
UNION ALL
SELECT
    v.admission_id,
    (EPOCH_US(v.measured_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1 AS day,
    'gcs' AS variable,
    MIN(v.value) AS value
FROM stay_vital AS v
INNER JOIN score_span AS s ON v.admission_id = s.admission_id
WHERE
    v.vital_code = 'gcs'
    AND v.measured_at >= s.anchor_at AND v.measured_at < s.ends_at
GROUP BY v.admission_id, day
UNION ALL
SELECT
    admission_id,
    day,
    'map' AS variable,
    MIN(lowest_mmhg) AS value
FROM mean_arterial_pressure
WHERE day IS NOT NULL
GROUP BY admission_id, day
