-- SOFA points for vasoactive drugs in each 24 h window.
-- Grain: admission and day on which any ran. points: from what is known; an unknown rate counts as
-- the lowest. points_hi: with every unknown rate at its highest. NULL: nothing ran for an hour.
-- A rate counts when it was given for at least 1 h, of one agent at that rate or above: an unbroken
-- run of an hour that reaches into the day (wherever the day's edge lies in it), or an hour of the
-- day in pieces. Needs score_span, vasoactive_run.
-- Source: Vincent 1996 (Intensive Care Med 22:707).
WITH daily AS (
    SELECT
        r.*,
        s.anchor_at,
        UNNEST(RANGE(
            GREATEST(DATE_DIFF('microsecond', s.anchor_at, r.started_at) // 86400000000, 0) + 1,
            LEAST(
                (DATE_DIFF('microsecond', s.anchor_at, r.stopped_at) - 1) // 86400000000 + 1,
                s.n_days
            ) + 1
        )) AS day
    FROM vasoactive_run AS r
    INNER JOIN score_span AS s ON r.admission_id = s.admission_id
    WHERE r.stopped_at > s.anchor_at
),

timed AS (
    SELECT
        admission_id,
        day,
        points,
        certain,
        MAX(stopped_at - started_at) >= INTERVAL 1 HOUR
        OR SUM(DATE_DIFF(
            'microsecond',
            GREATEST(started_at, anchor_at + (day - 1) * INTERVAL 24 HOUR),
            LEAST(stopped_at, anchor_at + day * INTERVAL 24 HOUR)
        )) >= 3600000000 AS an_hour
    FROM daily
    GROUP BY admission_id, day, kind, points, certain
)

SELECT
    admission_id,
    day,
    MAX(points) FILTER (WHERE an_hour AND certain) AS points,
    MAX(points) FILTER (WHERE an_hour) AS points_hi
FROM timed
GROUP BY admission_id, day
