-- The unbroken runs of each vasoactive agent at a rate that scores so many SOFA points, or more.
-- Grain: one run of an agent, points and bound. certain: by what is known, an unknown rate counting
-- as the lowest; else by what is possible, an unknown rate counting as the highest (only of agents
-- with such a rate in the stay). Overlapping rows of one agent are one run.
-- dopamine <= 5 ug/kg/min or any dobutamine 2; dopamine > 5 or (nor)epinephrine <= 0.1: 3;
-- dopamine > 15 or (nor)epinephrine > 0.1: 4. Needs vasoactive.
-- kind: agent, bound and points as one small number, for rows are sorted by it.
-- Source: Vincent 1996 (Intensive Care Med 22:707).
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
    FROM (
        VALUES
        ('dobutamine', 2, 2),
        ('dopamine', 12, 2),
        ('dopamine', 13, 3),
        ('dopamine', 14, 4),
        ('epinephrine', 23, 3),
        ('epinephrine', 24, 4),
        ('norepinephrine', 33, 3),
        ('norepinephrine', 34, 4)
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
)

SELECT
    admission_id,
    kind,
    kind % 10 AS points,
    kind < 100 AS certain,
    MIN(started_at) AS started_at,
    run_stopped_at AS stopped_at
FROM RUNS('at_level')
GROUP BY admission_id, kind, run_stopped_at
