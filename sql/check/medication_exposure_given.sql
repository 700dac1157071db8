-- Rows of the exposure in stays of which none was given: orders, or doses that were cancelled.
-- Grain: hospital. violated: such rows; denominator: rows of the exposure. A cancelled order is one
-- row where a course is many, so rows tell orders that were sent from orders that came to nothing.
WITH given AS (
    SELECT DISTINCT admission_id
    FROM GIVEN('gate.exposure_row')
)

SELECT
    e.hospital_id,
    COUNT(*) FILTER (WHERE g.admission_id IS NULL) AS violated,
    COUNT(*) AS denominator
FROM gate.exposure_row AS e
LEFT JOIN given AS g ON e.admission_id = g.admission_id
GROUP BY e.hospital_id
