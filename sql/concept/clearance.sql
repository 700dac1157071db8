-- Clearance of a pathogen's RNA, in days from symptom onset. Needs vital_status.
-- Cleared at the first of two negative respiratory RNA results at least 24 h apart, with no
-- positive or indeterminate result between them, after a positive. Samples at one time: the worst
-- result counts. A test without a respiratory specimen on record does not count.
-- Grain: candidate admission with a positive test. value: TRUE cleared in the stay; FALSE not; NULL
-- cleared before admission (not at risk).
-- entry_days: onset to admission (left truncation). status at days: 1 cleared, 2 died uncleared,
-- 3 left the hospital alive uncleared, 0 censored (moved elsewhere, unknown, or last test).
-- The three are NULL when onset is unknown or nothing was observed after admission.
-- $organism: organism_code. Source: discharge criterion of the Chinese protocol for COVID-19.
WITH test AS (
    SELECT
        p.admission_id,
        p.collected_at,
        BOOL_OR(p.result = 'positive') AS positive,
        BOOL_AND(p.result = 'negative') AS negative
    FROM pathogen_test AS p
    SEMI JOIN candidate AS c ON p.admission_id = c.admission_id
    WHERE
        p.organism_code = $organism AND p.method = 'rna' AND p.specimen = 'respiratory'
        AND p.result IN ('positive', 'negative', 'indeterminate')
    GROUP BY ALL
),

run AS (
    SELECT
        *,
        COUNT(*) FILTER (WHERE NOT negative) OVER earlier AS run_number,
        BOOL_OR(positive) OVER earlier AS after_positive
    FROM test
    WINDOW earlier AS (PARTITION BY admission_id ORDER BY collected_at)
),

negative_run AS (
    SELECT
        admission_id,
        MIN(collected_at) AS cleared_at
    FROM run
    WHERE negative AND after_positive
    GROUP BY admission_id, run_number
    HAVING MAX(collected_at) >= MIN(collected_at) + INTERVAL 24 HOUR
),

infected AS (
    SELECT
        admission_id,
        MAX(collected_at) AS last_test_at
    FROM test
    GROUP BY admission_id
    HAVING BOOL_OR(positive)
),

cleared AS (
    SELECT
        admission_id,
        MIN(cleared_at) AS cleared_at
    FROM negative_run
    GROUP BY admission_id
),

ended AS (
    SELECT
        s.admission_id,
        s.admitted_at,
        l.cleared_at,
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
    INNER JOIN infected AS i ON s.admission_id = i.admission_id
    LEFT JOIN cleared AS l ON s.admission_id = l.admission_id
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
