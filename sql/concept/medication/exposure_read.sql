-- What is needed of each candidate beside his doses: whether his exposure could be read at all.
-- Grain: candidate admission. sends_medication: his hospital sends administrations. n_unread: doses
-- of the exposure from time_zero + $start_hours to time_zero + $end_hours (NULL: without an end)
-- that may or may not be some: rows of table `unread_exposure` (one without a start may lie in the
-- window), and doses of $codelist by $routes after the discharge, which contradict it.
-- unread_from: the first of them, of those with a start.
WITH doubtful AS (
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
),

unread AS (
    SELECT
        c.admission_id,
        COUNT(*) AS n_unread,
        MIN(u.started_at) AS unread_from
    FROM candidate AS c
    INNER JOIN doubtful AS u ON c.admission_id = u.admission_id
    WHERE
        u.started_at IS NULL
        OR (
            u.started_at >= c.time_zero + TO_SECONDS($start_hours * 3600)
            AND (
                $end_hours IS NULL
                OR u.started_at <= c.time_zero + TO_SECONDS($end_hours * 3600)
            )
        )
    GROUP BY c.admission_id
)

SELECT
    c.hospital_id,
    c.admission_id,
    c.time_zero,
    c.weight_kg,
    SENDS('medication', c.admission_id) AS sends_medication,
    COALESCE(u.n_unread, 0) AS n_unread,
    u.unread_from
FROM candidate AS c
LEFT JOIN unread AS u ON c.admission_id = u.admission_id
