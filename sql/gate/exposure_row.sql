-- The rows of the exposure, orders and administrations, given or not: few, and asked several times.
-- Grain: row of gate.medication_listed.
WITH exposed AS (
    SELECT
        admission_id,
        started_at,
        stopped_at,
        status,
        dose,
        dose_unit,
        grams
    FROM gate.medication_listed
    WHERE exposure
),

stay AS (
    SELECT
        a.admission_id,
        MIN(a.hospital_id) AS hospital_id
    FROM resolved.admission AS a
    SEMI JOIN exposed AS e ON a.admission_id = e.admission_id
    GROUP BY a.admission_id
)

SELECT
    s.hospital_id,
    e.*
FROM exposed AS e
INNER JOIN stay AS s ON e.admission_id = s.admission_id
