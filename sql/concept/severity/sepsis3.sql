-- Sepsis-3: infection with a rise of SOFA by two or more points, on a day within 48 h before to
-- 24 h after the infection was first seen (any day, when it is undated).
-- Grain: eligible admission. The SOFA before is the lowest of earlier days, or 0 where there is
-- none (as the definition allows). met: TRUE by the lowest possible score; FALSE no infection, or
-- a day in question was scored (not too much missing) and none is two more; else NULL.
-- first_at: the later of infection and the day's beginning. Needs infection, sofa, score_span.
-- Source: Singer 2016 (JAMA 315:801).
WITH day AS (
    SELECT
        f.admission_id,
        f.sofa,
        f.sofa_lo,
        i.first_at AS infected_at,
        s.anchor_at + (f.day - 1) * INTERVAL 24 HOUR AS day_at,
        COALESCE(
            MIN(f.sofa) OVER (
                PARTITION BY f.admission_id ORDER BY f.day
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0
        ) AS sofa_before
    FROM sofa AS f
    INNER JOIN score_span AS s ON f.admission_id = s.admission_id
    INNER JOIN infection AS i ON f.admission_id = i.admission_id
),

near AS (
    SELECT
        admission_id,
        GREATEST(infected_at, day_at) AS seen_at,
        sofa_lo - sofa_before >= 2 AS risen,
        sofa IS NOT NULL AS scored
    FROM day
    WHERE
        infected_at IS NULL
        OR (
            day_at + INTERVAL 24 HOUR > infected_at - INTERVAL 48 HOUR
            AND day_at <= infected_at + INTERVAL 24 HOUR
        )
),

summary AS (
    SELECT
        admission_id,
        CASE
            WHEN BOOL_OR(risen) THEN TRUE
            WHEN BOOL_OR(scored) THEN FALSE
        END AS risen,
        MIN(seen_at) FILTER (WHERE risen) AS first_at
    FROM near
    GROUP BY admission_id
)

SELECT
    i.admission_id,
    i.met AND s.risen AS met,
    CASE WHEN i.met AND s.risen THEN s.first_at END AS first_at
FROM infection AS i
LEFT JOIN summary AS s ON i.admission_id = s.admission_id
