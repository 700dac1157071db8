-- Urine of each whole 24 h window, as far as it says something of the day.
-- Grain: admission and day. urine_ml: the sum of what was charted, which is the least that the
-- patient passed: 500 mL count however they were charted, less only where the day was charted:
-- records at three moments or more, and no stretch of more than 9 h without one from the window's
-- beginning to its end (an eight-hour shift, charted up to an hour late: assumed). So one void says
-- nothing, and a window that the discharge cuts short has no sum. Needs score_span, stay_vital.
WITH record AS (
    SELECT
        v.admission_id,
        v.measured_at,
        v.value::DECIMAL(18, 6) AS value,
        (EPOCH_US(v.measured_at) - EPOCH_US(s.anchor_at)) // 86400000000 AS days_before,
        s.anchor_at
    FROM stay_vital AS v
    INNER JOIN score_span AS s ON v.admission_id = s.admission_id
    WHERE
        v.vital_code = 'urine_output'
        AND v.measured_at >= s.anchor_at AND v.measured_at < s.whole_until
),

summed AS (
    SELECT
        admission_id,
        days_before,
        SUM(value) AS urine_ml
    FROM record
    GROUP BY admission_id, days_before
),

moment AS (
    SELECT DISTINCT
        r.admission_id,
        r.days_before,
        r.anchor_at + r.days_before * INTERVAL 24 HOUR AS day_at,
        r.measured_at
    FROM record AS r
    INNER JOIN summed AS s ON r.admission_id = s.admission_id AND r.days_before = s.days_before
    WHERE s.urine_ml < 500
),

spaced AS (
    SELECT
        *,
        measured_at - LAG(measured_at, 1, day_at) OVER (
            PARTITION BY admission_id, days_before ORDER BY measured_at
        ) AS since_last
    FROM moment
),

charted AS (
    SELECT
        admission_id,
        days_before
    FROM spaced
    GROUP BY admission_id, days_before, day_at
    HAVING
        COUNT(*) >= 3 AND MAX(since_last) <= INTERVAL 9 HOUR
        AND MAX(measured_at) >= day_at + INTERVAL 15 HOUR
)

SELECT
    s.admission_id,
    s.days_before + 1 AS day,
    s.urine_ml::DOUBLE AS urine_ml
FROM summed AS s
LEFT JOIN charted AS c ON s.admission_id = c.admission_id AND s.days_before = c.days_before
WHERE s.urine_ml >= 500 OR c.admission_id IS NOT NULL
