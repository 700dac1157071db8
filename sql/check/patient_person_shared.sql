-- Patients of a hospital who share their person_id with more than four others, or with one of
-- another sex or of a birth years away: it is no person's.
-- One row per hospital: violated (such patients), denominator (patients with a person_id).
WITH shared AS (
    SELECT
        hospital_id,
        person_id,
        COUNT(*) AS n,
        COUNT(*) > 5
        OR COUNT(DISTINCT CASE WHEN sex IN ('male', 'female') THEN sex END) > 1
        OR COALESCE(MAX(YEAR(birth_date)) - MIN(YEAR(birth_date)) > 1, FALSE) AS is_nobody
    FROM gate.patient
    WHERE person_id IS NOT NULL
    GROUP BY hospital_id, person_id
)

SELECT
    hospital_id,
    SUM(n) FILTER (WHERE is_nobody) AS violated,
    SUM(n) AS denominator
FROM shared
GROUP BY hospital_id
