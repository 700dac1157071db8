-- The administrations of `gate.medication_copied`, where some are exact copies of another: of equal
-- rows the first is none.
-- Grain: row of resolved.medication.
SELECT *
FROM gate.medication_copied
WHERE NOT copied
UNION ALL
SELECT * REPLACE (ROW_NUMBER() OVER (PARTITION BY admission_id, medication_id) > 1 AS is_copy)
FROM gate.medication_copied
WHERE copied
