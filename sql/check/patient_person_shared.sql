-- Patients of a hospital who share their person_id with more than four others: it is no person's.
-- One row per hospital: violated (such patients), denominator (patients with a person_id).
WITH shared AS (
    SELECT
        hospital_id,
        person_id,
        COUNT(*) AS n
    FROM gate.patient
    WHERE person_id IS NOT NULL
    GROUP BY hospital_id, person_id
)

SELECT
    hospital_id,
    SUM(n) FILTER (WHERE n > 5) AS violated,
    SUM(n) AS denominator
FROM shared
GROUP BY hospital_id
