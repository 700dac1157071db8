-- What may or may not be a dose of the exposure: rows of table `unread_exposure`; doses of
-- $codelist by $routes that contradict their stay (after the discharge, or more than two days
-- before the admission: of these nobody knows when); and those that another row of the same episode
-- (table `stay_beside`) has alone.
-- Grain: such a row. started_at: NULL where nobody knows it, or it cannot be believed.
WITH dose AS MATERIALIZED (
    SELECT
        m.admission_id,
        m.started_at,
        m.drug
    FROM GIVEN('medication') AS m
    INNER JOIN BY_ROUTE($codelist, $routes) AS p ON m.drug = p.drug
)

SELECT
    u.admission_id,
    u.started_at
FROM unread_exposure AS u
UNION ALL
SELECT
    d.admission_id,
    CASE WHEN d.started_at > c.discharged_at THEN d.started_at END AS started_at
FROM dose AS d
INNER JOIN candidate AS c ON d.admission_id = c.admission_id
WHERE
    d.started_at > END_OF_STAY(c.discharged_at)
    OR d.started_at < c.admitted_at - INTERVAL 2 DAY
UNION ALL
SELECT
    b.admission_id,
    o.started_at
FROM stay_beside AS b
INNER JOIN dose AS o ON b.other_id = o.admission_id
LEFT JOIN dose AS d
    ON b.admission_id = d.admission_id AND o.drug = d.drug AND o.started_at = d.started_at
WHERE d.admission_id IS NULL
