-- Clearance of a pathogen's RNA, in days from symptom onset. Needs vital_status, cleared_at.
-- Grain: candidate admission with a positive test. value: TRUE cleared in the stay; FALSE not; NULL
-- cleared before admission (not at risk).
-- entry_days: onset to admission (left truncation). status at days: 1 cleared, 2 died uncleared,
-- 3 left the hospital alive uncleared, 0 censored (moved elsewhere, unknown, or last test).
-- The three are NULL when onset is unknown or nothing was observed after admission.
WITH ended AS (
    SELECT
        s.admission_id,
        s.admitted_at,
        i.cleared_at,
        COALESCE(
            CASE WHEN s.died_in_hospital THEN s.died_at END, s.discharged_at, i.last_test_at
        ) AS left_at,
        CASE
            WHEN s.died_in_hospital THEN 2
            WHEN s.discharged_at IS NULL THEN 0
            WHEN s.discharge_status IN ('alive', 'against_advice') THEN 3
            ELSE 0
        END AS left_status
    FROM vital_status AS s
    INNER JOIN cleared_at AS i ON s.admission_id = i.admission_id
),

timed AS (
    SELECT
        e.admission_id,
        CASE
            WHEN e.cleared_at IS NULL THEN FALSE
            WHEN e.cleared_at > e.admitted_at THEN COALESCE(e.cleared_at <= e.left_at, FALSE)
        END AS value,
        CASE WHEN e.cleared_at <= e.left_at THEN 1 ELSE e.left_status END AS status,
        GREATEST(
            DATE_DIFF('microsecond', c.symptom_onset_at, e.admitted_at) / 86400e6, 0
        ) AS entry_days,
        DATE_DIFF('microsecond', c.symptom_onset_at, LEAST(e.cleared_at, e.left_at))
        / 86400e6 AS days
    FROM ended AS e
    INNER JOIN candidate AS c ON e.admission_id = c.admission_id
)

SELECT
    admission_id,
    value,
    CASE WHEN days > entry_days THEN entry_days END AS entry_days,
    CASE WHEN days > entry_days THEN days END AS days,
    CASE WHEN days > entry_days THEN status END AS status
FROM timed
