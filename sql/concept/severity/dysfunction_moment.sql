-- Moments of organ dysfunction, hypoperfusion or hypotension in eligible stays.
-- Grain: one sign. sign: hypotension (SBP < 90 mmHg, or more than 40 mmHg below the first SBP of
-- the stay: assumed), hypoperfusion (lactate > 2 mmol/L: assumed), dysfunction (a SOFA component of
-- two or more points: PaO2/FiO2 < 300, platelets < 100, bilirubin >= 33 umol/L or 2 mg/dL,
-- creatinine >= 171 umol/L or 2 mg/dL, GCS < 13). A vasopressor counts for as long as it runs, so
-- it is no moment: sirs_on_vasopressor.
-- Needs stay_lab, stay_vital, pf_ratio. Source: Hartung 2009 after Bone 1992.
WITH first_pressure AS (
    SELECT
        admission_id,
        ARG_MIN(value, (measured_at, value)) AS first_sbp
    FROM stay_vital
    WHERE vital_code = 'sbp'
    GROUP BY admission_id
)

SELECT
    v.admission_id,
    v.measured_at AS seen_at,
    'hypotension' AS sign
FROM stay_vital AS v
INNER JOIN first_pressure AS f ON v.admission_id = f.admission_id
WHERE v.vital_code = 'sbp' AND (v.value < 90 OR f.first_sbp - v.value > 40)
UNION ALL
SELECT
    admission_id,
    collected_at AS seen_at,
    CASE analyte WHEN 'lactate' THEN 'hypoperfusion' ELSE 'dysfunction' END AS sign
FROM stay_lab
WHERE
    (analyte = 'lactate' AND value > 2)
    OR (analyte = 'platelets' AND value < 100)
    OR (analyte = 'total_bilirubin' AND COALESCE(value_mg_dl >= 2, value >= 33))
    OR (analyte = 'creatinine' AND COALESCE(value_mg_dl >= 2, value >= 171))
UNION ALL
SELECT
    admission_id,
    measured_at AS seen_at,
    'dysfunction' AS sign
FROM stay_vital
WHERE vital_code = 'gcs' AND value < 13
UNION ALL
SELECT
    admission_id,
    measured_at AS seen_at,
    'dysfunction' AS sign
FROM pf_ratio
WHERE pf_mmhg < 300
