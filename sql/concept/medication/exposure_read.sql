-- What is needed of each candidate beside his doses: whether his exposure could be read at all.
-- Grain: candidate admission. sends_medication: his hospital sends administrations.
-- n_unread: rows of table `doubtful_dose` from time_zero + $start_hours to time_zero + $end_hours
-- (NULL: without an end). unread_from: the first of them, of one without a start the beginning of
-- that window.
WITH unread AS (
    SELECT
        c.admission_id,
        COUNT(*) AS n_unread,
        MIN(COALESCE(u.started_at, c.time_zero + TO_SECONDS($start_hours * 3600))) AS unread_from
    FROM candidate AS c
    INNER JOIN doubtful_dose AS u ON c.admission_id = u.admission_id
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
    c.symptom_onset_at,
    SENDS('medication', c.admission_id) AS sends_medication,
    COALESCE(u.n_unread, 0) AS n_unread,
    u.unread_from
FROM candidate AS c
LEFT JOIN unread AS u ON c.admission_id = u.admission_id
