-- Mean arterial pressure in mmHg: as measured, else (systolic + 2 diastolic) / 3 of one moment.
-- Grain: admission and moment; of several pressures at one moment the lowest of each counts.
-- day: the 24 h window of score_span. Needs table stay_vital.
WITH pressure AS (
    SELECT
        admission_id,
        measured_at,
        MIN(day) AS day,
        MIN(value) FILTER (WHERE vital_code = 'map') AS measured,
        MIN(value) FILTER (WHERE vital_code = 'sbp') AS sbp,
        MIN(value) FILTER (WHERE vital_code = 'dbp') AS dbp
    FROM stay_vital
    WHERE vital_code IN ('map', 'sbp', 'dbp')
    GROUP BY admission_id, measured_at
)

SELECT
    admission_id,
    measured_at,
    day,
    COALESCE(measured, ROUND((sbp + 2 * dbp) / 3, 6)) AS map_mmhg
FROM pressure
WHERE COALESCE(measured, sbp + dbp) IS NOT NULL
