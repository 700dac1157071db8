-- SOFA points for vasoactive drugs in each 24 h window.
-- Grain: admission and day on which any ran. points: from what is known; an unknown rate counts as
-- the lowest. points_hi: with every unknown rate at its highest. NULL: nothing ran for an hour.
-- dopamine <= 5 ug/kg/min or any dobutamine 2; dopamine > 5 or (nor)epinephrine <= 0.1: 3;
-- dopamine > 15 or (nor)epinephrine > 0.1: 4; each for at least 1 h of one agent at that level or
-- above: an unbroken run of an hour that reaches into the day (wherever the day's edge lies in it),
-- or an hour of the day in pieces. Overlapping rows of one agent are one run.
-- kind: agent, points and whether certain, as one small number, for rows are sorted by it.
-- Needs score_span, vasoactive.
WITH scored AS (
    SELECT
        *,
        CASE
            WHEN agent = 'dobutamine' THEN 2
            WHEN agent = 'dopamine' AND rate_ug_kg_min > 15 THEN 4
            WHEN agent = 'dopamine' AND rate_ug_kg_min > 5 THEN 3
            WHEN agent = 'dopamine' THEN 2
            WHEN rate_ug_kg_min > 0.1 THEN 4
            ELSE 3
        END AS points,
        agent != 'dobutamine' AND rate_ug_kg_min IS NULL AS unknown_rate
    FROM vasoactive
    WHERE agent != 'other'
),

level AS (
    SELECT l.*
    FROM
        (VALUES
            ('dobutamine', 2, 2), ('dopamine', 12, 2), ('dopamine', 13, 3), ('dopamine', 14, 4),
            ('epinephrine', 23, 3), ('epinephrine', 24, 4),
            ('norepinephrine', 33, 3), ('norepinephrine', 34, 4)
        ) AS l (agent, number, points)
),

at_level AS ( -- noqa: ST03
    SELECT
        s.admission_id,
        s.started_at,
        s.stopped_at,
        l.number::UTINYINT AS kind
    FROM scored AS s
    INNER JOIN level AS l ON s.agent = l.agent AND s.points >= l.points
    UNION ALL
    SELECT
        s.admission_id,
        s.started_at,
        s.stopped_at,
        (100 + l.number)::UTINYINT AS kind
    FROM scored AS s
    INNER JOIN level AS l ON s.agent = l.agent AND (s.points >= l.points OR s.unknown_rate)
    SEMI JOIN scored AS u
        ON s.admission_id = u.admission_id AND s.agent = u.agent AND u.unknown_rate
),

level_run AS (
    SELECT
        admission_id,
        kind,
        MIN(started_at) AS started_at,
        run_stopped_at AS stopped_at
    FROM RUNS('at_level')
    GROUP BY admission_id, kind, run_stopped_at
),

daily AS (
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
    FROM level_run AS r
    INNER JOIN score_span AS s ON r.admission_id = s.admission_id
    WHERE r.stopped_at > s.anchor_at
),

timed AS (
    SELECT
        admission_id,
        day,
        kind,
        MAX(stopped_at - started_at) >= INTERVAL 1 HOUR
        OR SUM(DATE_DIFF(
            'microsecond',
            GREATEST(started_at, anchor_at + (day - 1) * INTERVAL 24 HOUR),
            LEAST(stopped_at, anchor_at + day * INTERVAL 24 HOUR)
        )) >= 3600000000 AS an_hour
    FROM daily
    GROUP BY admission_id, day, kind
)

SELECT
    admission_id,
    day,
    MAX(kind % 10) FILTER (WHERE an_hour AND kind < 100) AS points,
    MAX(kind % 10) FILTER (WHERE an_hour) AS points_hi
FROM timed
GROUP BY admission_id, day
