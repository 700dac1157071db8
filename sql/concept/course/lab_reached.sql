-- Whether a result of an analyte after time zero was within all of some limits (standard unit).
-- Needs lab_baseline (admission_id, value). Grain: candidate admission. value: TRUE some result
-- was; FALSE results, and none was; NULL nothing was measured, a result is no number or was set
-- aside, or a limit is in times of a baseline that nobody measured.
-- $analyte. $within_days: the horizon from time zero (NULL: the stay). $at_least, $at_most: limits.
-- $times_at_least, $times_at_most: limits in times of the baseline. NULL: no such limit.
WITH result AS (
    SELECT
        c.admission_id,
        l.value_std >= COALESCE($at_least, '-infinity'::DOUBLE)
        AND l.value_std <= COALESCE($at_most, 'infinity'::DOUBLE)
        AND ($times_at_least IS NULL OR l.value_std >= $times_at_least * b.value)
        AND ($times_at_most IS NULL OR l.value_std <= $times_at_most * b.value) AS within
    FROM lab AS l
    INNER JOIN candidate AS c ON l.admission_id = c.admission_id
    LEFT JOIN lab_baseline AS b ON c.admission_id = b.admission_id
    WHERE
        l.analyte = $analyte
        AND l.collected_at > c.time_zero
        AND (
            $within_days IS NULL
            OR l.collected_at <= c.time_zero + TO_SECONDS($within_days * 86400)
        )
),

reached AS (
    SELECT
        admission_id,
        BOOL_OR(within) AS ever,
        BOOL_OR(within IS NULL) AS is_open
    FROM result
    GROUP BY admission_id
)

SELECT
    c.admission_id,
    CASE
        WHEN r.ever THEN TRUE
        WHEN r.is_open OR UNREAD('lab', $analyte, c.admission_id) THEN NULL
        ELSE r.ever
    END AS value
FROM candidate AS c
LEFT JOIN reached AS r ON c.admission_id = r.admission_id
