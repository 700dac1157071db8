-- SOFA points for vasoactive drugs in each 24 h window, of infusions that ran at least one hour.
-- Grain: admission and day. points: from what is known; an unknown rate counts as the lowest.
-- points_hi: with every unknown rate at its highest. Both NULL when nothing ran for an hour.
-- dopamine <= 5 ug/kg/min or any dobutamine 2; dopamine > 5 or (nor)epinephrine <= 0.1: 3;
-- dopamine > 15 or (nor)epinephrine > 0.1: 4. Infusions of one day add up over their pieces.
-- Needs score_span, vasoactive.
WITH scored AS (
    SELECT
        admission_id,
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
        agent != 'dobutamine' AND rate_ug_kg_min IS NULL AS unknown_rate
    FROM vasoactive
    WHERE agent != 'other'
),

daily AS (
    SELECT
        v.*,
        s.anchor_at,
        UNNEST(RANGE(
            GREATEST(DATE_DIFF('microsecond', s.anchor_at, v.started_at) // 86400000000, 0) + 1,
            LEAST(
                DATE_DIFF('microsecond', s.anchor_at, v.stopped_at) // 86400000000 + 1, s.n_days
            ) + 1
        )) AS day
    FROM scored AS v
    INNER JOIN score_span AS s ON v.admission_id = s.admission_id
    WHERE v.stopped_at > s.anchor_at
),

timed AS (
    SELECT
        admission_id,
        day,
        points,
        CASE WHEN unknown_rate THEN 4 ELSE points END AS points_hi,
        DATE_DIFF(
            'second',
            GREATEST(started_at, anchor_at + (day - 1) * INTERVAL 24 HOUR),
            LEAST(stopped_at, anchor_at + day * INTERVAL 24 HOUR)
        ) AS seconds
    FROM daily
)

SELECT
    admission_id,
    day,
    CASE
        WHEN SUM(seconds) FILTER (WHERE points >= 4) >= 3600 THEN 4
        WHEN SUM(seconds) FILTER (WHERE points >= 3) >= 3600 THEN 3
        WHEN SUM(seconds) >= 3600 THEN 2
    END AS points,
    CASE
        WHEN SUM(seconds) FILTER (WHERE points_hi >= 4) >= 3600 THEN 4
        WHEN SUM(seconds) FILTER (WHERE points_hi >= 3) >= 3600 THEN 3
        WHEN SUM(seconds) >= 3600 THEN 2
    END AS points_hi
FROM timed
GROUP BY admission_id, day
