-- The first dose of the exposure drug in the exposure window: the moment from which a later value
-- may be timed. Grain: candidate admission with such a dose (others have no row).
-- The window is [time_zero + $start_hours, time_zero + $end_hours], both ends in it, and no later
-- than the discharge ($end_hours NULL: the discharge alone ends it), as `features.courses` counts.
-- $codelist, $routes: which products, given which way.
WITH product AS (
    SELECT i.drug
    FROM BY_ROUTE($codelist, $routes) AS i
)

SELECT
    c.admission_id,
    MIN(m.started_at) AS anchor_at
FROM candidate AS c
INNER JOIN GIVEN('medication') AS m ON c.admission_id = m.admission_id
INNER JOIN product AS p ON m.drug = p.drug
WHERE
    m.started_at >= c.time_zero + TO_SECONDS($start_hours * 3600)
    AND ($end_hours IS NULL OR m.started_at <= c.time_zero + TO_SECONDS($end_hours * 3600))
    AND (c.discharged_at IS NULL OR m.started_at <= END_OF_STAY(c.discharged_at))
GROUP BY c.admission_id
