-- Pairs of a systolic and a diastolic pressure of one stay and moment, of the counted stays.
-- Grain: hospital. violated: pairs in which the systolic is lower; denominator: all pairs.
WITH pair AS (
    SELECT
        hospital_id,
        MAX(value) FILTER (WHERE vital_code = 'sbp') AS systolic,
        MIN(value) FILTER (WHERE vital_code = 'dbp') AS diastolic
    FROM gate.counted_vital
    WHERE vital_code IN ('sbp', 'dbp') AND value > 0
    GROUP BY hospital_id, admission_id, measured_at
)

SELECT
    hospital_id,
    COUNT(*) FILTER (WHERE systolic < diastolic) AS violated,
    COUNT(*) AS denominator
FROM pair
WHERE systolic IS NOT NULL AND diastolic IS NOT NULL
GROUP BY hospital_id
