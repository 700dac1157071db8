-- The rows of the exposure, orders and administrations, given or not: few, and asked several times.
-- Grain: row of gate.medication_listed.
WITH stay AS (
    SELECT
        admission_id,
        MIN(hospital_id) AS hospital_id
    FROM resolved.admission
    GROUP BY admission_id
)

SELECT
    s.hospital_id,
    l.admission_id,
    l.started_at,
    l.stopped_at,
    l.status,
    l.dose
FROM gate.medication_listed AS l
INNER JOIN stay AS s ON l.admission_id = s.admission_id
WHERE l.exposure
