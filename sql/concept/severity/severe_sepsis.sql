-- Severe sepsis: SIRS due to infection with organ dysfunction, hypoperfusion or hypotension, SIRS
-- and dysfunction within 24 h of each other.
-- Grain: eligible admission. met: FALSE when SIRS or infection is known absent, or SIRS is met and
-- its time has dysfunction looked for (blood pressure measured) and not found; else NULL.
-- first_at: when the later of the two was seen. Needs sirs, sirs_moment, infection,
-- dysfunction_moment, stay_vital. Source: Hartung 2009 after Bone 1992 (Chest 101:1644).
WITH moment AS (
    SELECT
        admission_id,
        seen_at,
        1 AS part
    FROM sirs_moment
    UNION ALL
    SELECT
        admission_id,
        seen_at,
        2 AS part
    FROM dysfunction_moment
),

window_24h AS (
    SELECT
        admission_id,
        seen_at,
        BIT_OR(part) OVER (
            PARTITION BY admission_id ORDER BY seen_at
            RANGE BETWEEN INTERVAL 24 HOUR PRECEDING AND CURRENT ROW
        ) AS parts
    FROM moment
),

both_parts AS (
    SELECT
        admission_id,
        MIN(seen_at) AS first_at
    FROM window_24h
    WHERE parts = 3
    GROUP BY admission_id
),

pressure AS (
    SELECT DISTINCT admission_id
    FROM stay_vital
    WHERE vital_code = 'sbp'
)

SELECT
    s.admission_id,
    s.met AND i.met AND CASE
        WHEN b.first_at IS NOT NULL THEN TRUE
        WHEN s.met AND p.admission_id IS NOT NULL THEN FALSE
    END AS met,
    CASE WHEN s.met AND i.met THEN b.first_at END AS first_at
FROM sirs AS s
INNER JOIN infection AS i ON s.admission_id = i.admission_id
LEFT JOIN both_parts AS b ON s.admission_id = b.admission_id
LEFT JOIN pressure AS p ON s.admission_id = p.admission_id
