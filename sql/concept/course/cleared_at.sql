-- When a pathogen's RNA was cleared, of candidate admissions with a positive respiratory test.
-- Cleared at the first of two negative respiratory RNA results at least 24 h apart, with no
-- positive or indeterminate result between them, after a positive. Samples at one time: the worst
-- result counts. A test without a respiratory specimen on record does not count.
-- Grain: candidate admission with a positive test. cleared_at: NULL not cleared by these tests.
-- last_test_at: the last result of any kind. $organism: organism_code.
-- Source: discharge criterion of the Chinese protocol for COVID-19.
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
)

SELECT
    i.admission_id,
    i.last_test_at,
    c.cleared_at
FROM infected AS i
LEFT JOIN cleared AS c ON i.admission_id = c.admission_id
