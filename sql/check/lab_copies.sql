-- Results of one moment, code and value with another of their admission (kind 3).
-- One row per hospital: violated (the copies without the first), denominator. Of the counted stays.
WITH counted AS (
    SELECT admission_id
    FROM gate.stay
    WHERE stay_counted
),

said AS (
    SELECT
        l.hospital_id,
        COUNT(*) AS n
    FROM resolved.lab AS l
    SEMI JOIN counted AS c ON l.admission_id = c.admission_id
    WHERE l.value IS NOT NULL
    GROUP BY l.hospital_id, HASH(l.admission_id, l.lab_code, l.value, l.collected_at)
)

SELECT
    hospital_id,
    SUM(n - 1)::BIGINT AS violated,
    SUM(n)::BIGINT AS denominator
FROM said
GROUP BY hospital_id
