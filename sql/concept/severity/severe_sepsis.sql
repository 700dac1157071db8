-- Severe sepsis: SIRS due to infection with organ dysfunction, hypoperfusion or hypotension, SIRS
-- and dysfunction (or a running vasopressor) within 24 h of each other.
-- Grain: eligible admission. met: FALSE when SIRS or infection is known absent, or SIRS is met and
-- its time has dysfunction looked for (blood pressure measured within 24 h of it) and not found;
-- else NULL. first_at: when the later of the two was seen.
-- Needs sirs, sirs_moment, infection, dysfunction_moment, sirs_on_vasopressor, stay_vital.
-- Source: Hartung 2009 after Bone 1992 (Chest 101:1644).
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
    UNION ALL
    SELECT
        admission_id,
        measured_at AS seen_at,
        4 AS part
    FROM stay_vital
    WHERE vital_code = 'sbp'
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

together AS (
    SELECT
        admission_id,
        MIN(seen_at) FILTER (WHERE parts IN (3, 7)) AS first_at,
        BOOL_OR(parts IN (5, 7)) AS looked_for
    FROM window_24h
    GROUP BY admission_id
),

supported AS (
    SELECT
        admission_id,
        MIN(seen_at) AS first_at
    FROM sirs_on_vasopressor
    GROUP BY admission_id
),

whole AS (
    SELECT
        s.admission_id,
        s.met AND i.met AS septic,
        LEAST(t.first_at, v.first_at) AS first_at,
        t.looked_for
    FROM sirs AS s
    INNER JOIN infection AS i ON s.admission_id = i.admission_id
    LEFT JOIN together AS t ON s.admission_id = t.admission_id
    LEFT JOIN supported AS v ON s.admission_id = v.admission_id
)

SELECT
    admission_id,
    septic AND CASE WHEN first_at IS NOT NULL THEN TRUE WHEN looked_for THEN FALSE END AS met,
    CASE WHEN septic THEN first_at END AS first_at
FROM whole
