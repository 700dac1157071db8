-- SOFA points for vasoactive drugs in each 24 h window.
-- Grain: admission and day on which any ran. points: from what is known; an unknown rate counts as
-- the lowest. points_hi: with every unknown rate at its highest. NULL: nothing ran for an hour.
-- dopamine <= 5 ug/kg/min or any dobutamine 2; dopamine > 5 or (nor)epinephrine <= 0.1: 3;
-- dopamine > 15 or (nor)epinephrine > 0.1: 4; each for at least 1 h of one agent at that level or
-- above: an unbroken run of an hour that reaches into the day (wherever the day's edge lies in it),
-- or an hour of the day in pieces. Overlapping rows of one agent are one run.
-- Needs score_span, vasoactive.
WITH scored AS (
    SELECT
        admission_id,
        agent,
        started_at,
        stopped_at,
        CASE
            WHEN agent = 'dobutamine' THEN 2
            WHEN agent = 'dopamine' AND rate_ug_kg_min > 15 THEN 4
            WHEN agent = 'dopamine' AND rate_ug_kg_min > 5 THEN 3
            WHEN agent = 'dopamine' THEN 2
            WHEN rate_ug_kg_min > 0.1 THEN 4
            ELSE 3
        END AS points,
        CASE
            WHEN agent = 'dobutamine' OR rate_ug_kg_min IS NOT NULL THEN points
            ELSE 4
        END AS points_hi
    FROM vasoactive
    WHERE agent != 'other'
),

at_level AS ( -- noqa: ST03
    SELECT
        s.admission_id,
        s.started_at,
        s.stopped_at,
        { 'agent': s.agent, 'points': l.points, 'certain': l.certain } AS kind
    FROM scored AS s
    INNER JOIN
        (VALUES (2, TRUE), (3, TRUE), (4, TRUE), (2, FALSE), (3, FALSE), (4, FALSE))
            AS l (points, certain)
        ON l.points <= CASE WHEN l.certain THEN s.points ELSE s.points_hi END
),

level_run AS (
    SELECT DISTINCT
        admission_id,
        kind,
        run_started_at,
        run_stopped_at
    FROM RUNS('at_level')
),

daily AS (
    SELECT
        r.*,
        s.anchor_at,
        UNNEST(RANGE(
            GREATEST(DATE_DIFF('microsecond', s.anchor_at, r.run_started_at) // 86400000000, 0) + 1,
            LEAST(
                (DATE_DIFF('microsecond', s.anchor_at, r.run_stopped_at) - 1) // 86400000000 + 1,
                s.n_days
            ) + 1
        )) AS day
    FROM level_run AS r
    INNER JOIN score_span AS s ON r.admission_id = s.admission_id
    WHERE r.run_stopped_at > s.anchor_at
),

timed AS (
    SELECT
        admission_id,
        day,
        kind.points,
        kind.certain,
        MAX(run_stopped_at - run_started_at) >= INTERVAL 1 HOUR
        OR SUM(DATE_DIFF(
            'microsecond',
            GREATEST(run_started_at, anchor_at + (day - 1) * INTERVAL 24 HOUR),
            LEAST(run_stopped_at, anchor_at + day * INTERVAL 24 HOUR)
        )) >= 3600000000 AS an_hour
    FROM daily
    GROUP BY admission_id, day, kind
)

SELECT
    admission_id,
    day,
    MAX(points) FILTER (WHERE an_hour AND certain) AS points,
    MAX(points) FILTER (WHERE an_hour) AS points_hi
FROM timed
GROUP BY admission_id, day
