-- Codes of the form of ICD-10 that are said to be local, and that no local list has.
-- Grain: hospital. violated: such rows; denominator: rows with a code.
WITH listed AS (
    SELECT DISTINCT code
    FROM ref.condition
    WHERE vocabulary = 'local'
)

SELECT
    d.hospital_id,
    COUNT(*) FILTER (
        WHERE
        d.vocabulary = 'local'
        AND l.code IS NULL
        AND REGEXP_FULL_MATCH(
            UPPER(TRIM(d.code)), '([A-TV-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?|U0[0-9](\.?[0-9])?)'
        )
    ) AS violated,
    COUNT(*) AS denominator
FROM resolved.diagnosis AS d
LEFT JOIN listed AS l ON d.code = l.code
WHERE d.code IS NOT NULL
GROUP BY d.hospital_id
