-- Urine of each whole 24 h window, and whether it was charted all day.
-- Grain: admission and day with any record. urine_ml: the sum, the least that the patient passed.
-- charted: records at three moments or more, and no stretch of more than 9 h without one from the
-- window's beginning to its end (an eight-hour shift, charted up to an hour late: assumed).
-- One void says nothing of a day, and a window that the discharge cuts short has no sum.
-- Needs score_span, stay_vital.
WITH record AS (
    SELECT
        v.admission_id,
        v.measured_at,
        (EPOCH_US(v.measured_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1 AS day,
        s.anchor_at + (day - 1) * INTERVAL 24 HOUR AS day_at,
        SUM(v.value::DECIMAL(18, 6)) AS urine_ml
    FROM stay_vital AS v
    INNER JOIN score_span AS s ON v.admission_id = s.admission_id
    WHERE
        v.vital_code = 'urine_output'
        AND v.measured_at >= s.anchor_at AND v.measured_at < s.whole_until
    GROUP BY ALL
),

spaced AS (
    SELECT
        *,
        measured_at - COALESCE(
            LAG(measured_at) OVER (PARTITION BY admission_id, day ORDER BY measured_at), day_at
        ) AS since_last
    FROM record
)

SELECT
    admission_id,
    day,
    SUM(urine_ml)::DOUBLE AS urine_ml,
    COUNT(*) >= 3
    AND MAX(since_last) <= INTERVAL 9 HOUR
    AND MAX(measured_at) >= day_at + INTERVAL 15 HOUR AS charted
FROM spaced
GROUP BY admission_id, day, day_at
