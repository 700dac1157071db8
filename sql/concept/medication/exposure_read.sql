-- What is needed of each candidate beside his doses: whether his exposure could be read at all.
-- Grain: candidate admission. sends_medication: his hospital sends administrations. n_unread: rows
-- of table `unread_exposure` in the exposure window [time_zero + $start_hours, time_zero +
-- $end_hours] and no later than the discharge ($end_hours NULL: the discharge alone ends it); one
-- without a start may lie in it.
WITH unread AS (
    SELECT
        c.admission_id,
        COUNT(*) AS n_unread
    FROM candidate AS c
    INNER JOIN unread_exposure AS u ON c.admission_id = u.admission_id
    WHERE
        u.started_at IS NULL
        OR (
            u.started_at >= c.time_zero + TO_SECONDS($start_hours * 3600)
            AND (
                $end_hours IS NULL
                OR u.started_at <= c.time_zero + TO_SECONDS($end_hours * 3600)
            )
            AND (c.discharged_at IS NULL OR u.started_at <= c.discharged_at)
        )
    GROUP BY c.admission_id
)

SELECT
    c.hospital_id,
    c.admission_id,
    c.time_zero,
    c.weight_kg,
    SENDS('medication', c.admission_id) AS sends_medication,
    COALESCE(u.n_unread, 0) AS n_unread
FROM candidate AS c
LEFT JOIN unread AS u ON c.admission_id = u.admission_id
