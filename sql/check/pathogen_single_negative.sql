-- Admissions whose clearance rests on one negative respiratory RNA test (kind 41).
-- One row per hospital: violated (a positive, then exactly one negative), denominator (a positive).
-- Clearance needs two negatives at least 24 h apart.
WITH rna AS (
    SELECT
        hospital_id,
        admission_id,
        organism_code,
        result,
        collected_at,
        MIN(collected_at) FILTER (WHERE result = 'positive') OVER (
            PARTITION BY hospital_id, admission_id, organism_code
        ) AS first_positive_at
    FROM resolved.pathogen_test
    WHERE method = 'rna' AND specimen = 'respiratory'
),

counted AS (
    SELECT
        hospital_id,
        COUNT(*) FILTER (WHERE result = 'negative' AND collected_at > first_positive_at)
            AS n_negative
    FROM rna
    WHERE first_positive_at IS NOT NULL
    GROUP BY hospital_id, admission_id, organism_code
)

SELECT
    hospital_id,
    COUNT(*) FILTER (WHERE n_negative = 1) AS violated,
    COUNT(*) AS denominator
FROM counted
GROUP BY hospital_id
