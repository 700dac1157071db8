-- Counted stays that ended alive with positive and negative results of one organism and method.
-- Grain: hospital. violated: the first is negative and the last positive.
WITH read AS (
    SELECT
        c.hospital_id,
        c.admission_id,
        FIRST(c.result ORDER BY c.collected_at) AS first_result,
        LAST(c.result ORDER BY c.collected_at) AS last_result
    FROM gate.counted_pathogen_test AS c
    INNER JOIN main.admission AS a ON c.admission_id = a.admission_id
    WHERE c.result IN ('positive', 'negative') AND a.discharge_status <> 'died'
    GROUP BY c.hospital_id, c.admission_id, c.organism_code, c.method
    HAVING COUNT(DISTINCT c.result) = 2 AND COUNT(DISTINCT c.collected_at) > 1
)

SELECT
    hospital_id,
    COUNT(*) FILTER (WHERE first_result = 'negative' AND last_result = 'positive') AS violated,
    COUNT(*) AS denominator
FROM read
GROUP BY hospital_id
