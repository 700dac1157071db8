-- Whether a result of an analyte after time zero was within all of some limits (standard unit).
-- Needs lab_baseline (admission_id, value). Grain: candidate admission. value: TRUE some result
-- was; FALSE results, and none was; NULL nothing was measured, a result is no number or was set
-- aside, or a limit is in times of a baseline that nobody measured.
-- A result below or above what the laboratory could measure ("<10") lies somewhere beyond: it was
-- within limits only if all of that is, and was not only if none of it is. Its value is half of
-- "<", which has no meaning in an analyte with a unit whose zero is another.
-- $analyte. $within_days: the horizon from time zero (NULL: the stay). $at_least, $at_most: limits.
-- $times_at_least, $times_at_most: limits in times of the baseline. NULL: no such limit.
-- $start_hours, $end_hours: the window of the baseline.
WITH shifted AS (
    SELECT COALESCE(BOOL_OR(u.shift <> 0), FALSE) AS is_shifted
    FROM ref.unit AS u
    WHERE u.variable = $analyte
),

told AS (
    SELECT
        l.admission_id,
        l.collected_at,
        l.value_std,
        l.censored IS NOT NULL AS is_censored,
        CASE WHEN l.censored = '<' THEN '-infinity'::DOUBLE ELSE ROUND(l.value_std, 6) END AS low,
        CASE
            WHEN l.value_std IS NULL THEN NULL
            WHEN l.censored = '>' OR (l.censored = '<' AND s.is_shifted) THEN 'infinity'::DOUBLE
            WHEN l.censored = '<' THEN ROUND(2 * l.value_std, 6)
            ELSE ROUND(l.value_std, 6)
        END AS high
    FROM lab AS l
    CROSS JOIN shifted AS s
    WHERE l.analyte = $analyte
),

baseline AS (
    SELECT
        b.admission_id,
        COALESCE(MIN(t.low), ROUND(ANY_VALUE(b.value), 6)) AS low,
        COALESCE(MAX(t.high), ROUND(ANY_VALUE(b.value), 6)) AS high
    FROM lab_baseline AS b
    INNER JOIN candidate AS c ON b.admission_id = c.admission_id
    LEFT JOIN told AS t
        ON
            b.admission_id = t.admission_id
            AND b.value = t.value_std
            AND t.is_censored
            AND t.collected_at >= c.time_zero + TO_SECONDS($start_hours * 3600)
            AND t.collected_at < c.time_zero + TO_SECONDS($end_hours * 3600)
    WHERE b.value IS NOT NULL
    GROUP BY b.admission_id
),

result AS (
    SELECT
        c.admission_id,
        t.low,
        t.high,
        ROUND($times_at_least * b.low, 6) AS least_low,
        ROUND($times_at_least * b.high, 6) AS least_high,
        ROUND($times_at_most * b.low, 6) AS most_low,
        ROUND($times_at_most * b.high, 6) AS most_high
    FROM told AS t
    INNER JOIN candidate AS c ON t.admission_id = c.admission_id
    LEFT JOIN baseline AS b ON c.admission_id = b.admission_id
    WHERE
        t.collected_at > c.time_zero
        AND CASE
            WHEN $within_days IS NULL
                THEN COALESCE(t.collected_at <= END_OF_STAY(c.discharged_at), TRUE)
            ELSE t.collected_at <= c.time_zero + TO_SECONDS($within_days * 86400)
        END
),

answer AS (
    SELECT
        admission_id,
        CASE
            WHEN $at_least IS NULL OR low >= $at_least THEN TRUE
            WHEN high < $at_least THEN FALSE
        END
        AND CASE
            WHEN $at_most IS NULL OR high <= $at_most THEN TRUE
            WHEN low > $at_most THEN FALSE
        END
        AND CASE
            WHEN $times_at_least IS NULL OR low >= least_high THEN TRUE
            WHEN high < least_low THEN FALSE
        END
        AND CASE
            WHEN $times_at_most IS NULL OR high <= most_low THEN TRUE
            WHEN low > most_high THEN FALSE
        END AS within
    FROM result
),

reached AS (
    SELECT
        admission_id,
        BOOL_OR(within) AS ever,
        BOOL_OR(within IS NULL) AS is_open
    FROM answer
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
