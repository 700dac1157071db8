-- The worst value of each SOFA variable in each 24 h window.
-- Grain: admission, day, variable (names of score_bin); no row where it was not measured.
-- Creatinine and bilirubin count in the unit system reported. Urine is summed over whole windows
-- only: a few hours say nothing of a day. Needs score_span, stay_lab, stay_vital,
-- mean_arterial_pressure, pf_ratio.
WITH ratio AS (
    SELECT
        p.admission_id,
        DATE_DIFF('microsecond', s.anchor_at, p.measured_at) // 86400000000 + 1 AS day,
        CASE WHEN p.supported THEN 'pf_supported' ELSE 'pf_unsupported' END AS variable,
        MIN(p.pf_mmhg) AS value
    FROM pf_ratio AS p
    INNER JOIN score_span AS s ON p.admission_id = s.admission_id
    WHERE
        p.pf_mmhg IS NOT NULL AND p.measured_at >= s.anchor_at
        AND p.measured_at < s.anchor_at + s.n_days * INTERVAL 24 HOUR
    GROUP BY ALL
),

lab_value AS (
    SELECT
        admission_id,
        day,
        analyte || CASE WHEN value_mg_dl IS NULL THEN '' ELSE '_mg_dl' END AS variable,
        CASE
            WHEN analyte = 'platelets' THEN MIN(value)
            ELSE MAX(COALESCE(value_mg_dl, value))
        END AS value
    FROM stay_lab
    WHERE analyte IN ('platelets', 'total_bilirubin', 'creatinine') AND day IS NOT NULL
    GROUP BY admission_id, day, analyte, variable
),

urine AS (
    SELECT
        v.admission_id,
        v.day,
        'urine_ml' AS variable,
        SUM(v.value::DECIMAL(18, 6))::DOUBLE AS value
    FROM stay_vital AS v
    INNER JOIN score_span AS s ON v.admission_id = s.admission_id
    WHERE
        v.vital_code = 'urine_output'
        AND (s.discharged_at IS NULL OR s.anchor_at + v.day * INTERVAL 24 HOUR <= s.discharged_at)
    GROUP BY v.admission_id, v.day
)

SELECT * FROM ratio
UNION ALL
SELECT * FROM lab_value
UNION ALL
SELECT * FROM urine
UNION ALL
SELECT
    admission_id,
    day,
    'gcs' AS variable,
    MIN(value) AS value
FROM stay_vital
WHERE vital_code = 'gcs' AND day IS NOT NULL
GROUP BY admission_id, day
UNION ALL
SELECT
    admission_id,
    day,
    'map' AS variable,
    MIN(map_mmhg) AS value
FROM mean_arterial_pressure
WHERE day IS NOT NULL
GROUP BY admission_id, day
