-- Diagnoses in codes of a hospital's own that no list has: of what disease they are nobody knows.
-- Grain: hospital. violated: such rows; denominator: rows with a code.
SELECT
    d.hospital_id,
    COUNT(*) FILTER (
        WHERE
        d.vocabulary = 'local'
        AND d.code NOT IN (
            SELECT c.code
            FROM ref.condition AS c
            WHERE c.vocabulary = 'local' AND c.code IS NOT NULL
        )
    ) AS violated,
    COUNT(*) AS denominator
FROM resolved.diagnosis AS d
WHERE d.code IS NOT NULL
GROUP BY d.hospital_id
