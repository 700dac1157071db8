-- Whether a pathogen was found by one method, at any time recorded for the admission.
-- met: TRUE any positive; FALSE only negative results; NULL no test, not done, indeterminate, or
-- set aside.
-- Grain: eligible admission. first_at: first positive sample (time of sampling, not of report).
-- $organism: organism_code. $method: rna, antigen, antibody, culture; NULL takes every method.
-- Tests of other admissions fall away in the last join: nearly all are eligible when this is asked.
-- Source: only RNA confirms SARS-CoV-2 (not antigen, antibody, culture, Ct value).
WITH test AS (
    SELECT
        p.admission_id,
        p.collected_at,
        p.result
    FROM pathogen_test AS p
    WHERE
        p.organism_code = $organism
        AND ($method IS NULL OR p.method = $method)
        AND p.result IN ('positive', 'negative', 'indeterminate')
),

summary AS (
    SELECT
        admission_id,
        BOOL_OR(result = 'positive') AS any_positive,
        BOOL_AND(result = 'negative') AS all_negative,
        MIN(collected_at) FILTER (WHERE result = 'positive') AS first_at
    FROM test
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    CASE
        WHEN s.any_positive THEN TRUE
        WHEN s.all_negative AND NOT UNREAD('pathogen_test', $organism, e.admission_id) THEN FALSE
    END AS met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
