-- Measurements of one moment, code and value with another of their admission (kind 3).
-- One row per hospital: violated (the copies without the first), denominator. Of the counted stays.
WITH said AS (
    SELECT
        hospital_id,
        COUNT(*) AS n
    FROM gate.counted_vital
    WHERE value IS NOT NULL
    GROUP BY hospital_id, HASH(admission_id, vital_code, value, measured_at)
)

SELECT
    hospital_id,
    SUM(n - 1)::BIGINT AS violated,
    SUM(n)::BIGINT AS denominator
FROM said
GROUP BY hospital_id
