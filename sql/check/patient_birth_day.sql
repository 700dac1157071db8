-- Patients who are born on one day of the month, as most of their hospital: the day is not known.
-- Grain: hospital. violated: those born on the most frequent day of the month, where at least 20
-- and half of all are, of 20 dates and more; denominator: all with a date of birth.
WITH born AS (
    SELECT
        hospital_id,
        DAY(birth_date) AS day,
        COUNT(*) AS n,
        COUNT(DISTINCT birth_date) AS dates
    FROM gate.patient
    WHERE ISFINITE(birth_date)
    GROUP BY hospital_id, day
)

SELECT
    hospital_id,
    CASE
        WHEN SUM(dates) >= 20 AND MAX(n) >= 20 AND 2 * MAX(n) >= SUM(n) THEN MAX(n)
        ELSE 0
    END::BIGINT AS violated,
    SUM(n)::BIGINT AS denominator
FROM born
GROUP BY hospital_id
