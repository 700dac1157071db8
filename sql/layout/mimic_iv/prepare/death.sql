-- One death per person: the moment in hospital, else the date of the state's records. A bare date
-- is at the beginning of that day, but not before the end of a stay that the person left alive on
-- that day. Grain: person who died.
-- Source: MIMIC-IV patients, admissions.
WITH in_hospital AS (
    SELECT
        subject_id,
        MAX(deathtime) AS deathtime
    FROM source.admissions
    GROUP BY subject_id
),

left_alive AS (
    SELECT
        subject_id,
        dischtime::DATE AS day,
        MAX(dischtime) AS dischtime
    FROM source.admissions
    WHERE deathtime IS NULL
    GROUP BY subject_id, dischtime::DATE
)

SELECT
    p.subject_id,
    COALESCE(h.deathtime, GREATEST(p.dod, l.dischtime), p.dod) AS death_at
FROM source.patients AS p
LEFT JOIN in_hospital AS h ON p.subject_id = h.subject_id
LEFT JOIN left_alive AS l ON p.subject_id = l.subject_id AND p.dod::DATE = l.day
WHERE p.dod IS NOT NULL OR h.deathtime IS NOT NULL
