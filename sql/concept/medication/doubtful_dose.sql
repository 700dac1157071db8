-- What may or may not be a dose of the exposure: rows of table `unread_exposure`, and doses of
-- $codelist by $routes after the discharge, which contradict it. Grain: such a row. started_at: NULL
-- where nobody knows it, or it cannot be believed.
SELECT
    u.admission_id,
    u.started_at
FROM unread_exposure AS u
UNION ALL
SELECT
    m.admission_id,
    m.started_at
FROM GIVEN('medication') AS m
INNER JOIN BY_ROUTE($codelist, $routes) AS p ON m.drug = p.drug
INNER JOIN candidate AS c ON m.admission_id = c.admission_id
WHERE m.started_at > END_OF_STAY(c.discharged_at)
