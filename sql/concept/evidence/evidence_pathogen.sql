-- Whether a pathogen was found by one method, at any time recorded for the admission.
-- met: TRUE any positive; FALSE only negative results; NULL no test, not done, indeterminate, set
-- aside, or a test of which nobody can read the result, or the method where that is asked.
-- Grain: eligible admission. first_at: first positive sample (time of sampling, not of report).
-- $organism: organism_code. $method: rna, antigen, antibody, culture; NULL takes every method.
-- Tests of other admissions fall away in the last join: nearly all are eligible when this is asked.
-- Source: only RNA confirms SARS-CoV-2 (not antigen, antibody, culture, Ct value).
WITH test AS (
    SELECT
        p.admission_id,
        p.collected_at,
        p.result,
        p.method = 'rna' OR p.method = 'antigen' OR p.method = 'antibody' OR p.method = 'culture'
            AS method_read,
        COALESCE($method IS NULL OR p.method = $method, FALSE) AS is_asked
    FROM pathogen_test AS p
    WHERE p.organism_code = $organism AND p.result IS DISTINCT FROM 'not_done'
),

summary AS (
    SELECT
        admission_id,
        BOOL_OR(result = 'positive') FILTER (WHERE is_asked) AS any_positive,
        BOOL_AND(COALESCE(result = 'negative', FALSE)) AS all_negative,
        BOOL_OR(is_asked) AS any_asked,
        MIN(collected_at) FILTER (WHERE is_asked AND result = 'positive') AS first_at
    FROM test
    WHERE is_asked OR method_read IS NOT TRUE
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    CASE
        WHEN s.any_positive THEN TRUE
        WHEN UNREAD('pathogen_test', $organism, e.admission_id) THEN NULL
        WHEN s.any_asked AND s.all_negative THEN FALSE
    END AS met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
