-- The given doses, each counted once: without duplicates.
-- Grain: row of gate.medication_timed.
SELECT *
FROM gate.medication_timed
WHERE NOT is_close
UNION ALL
SELECT * EXCLUDE (duplicate, duplicate_dose)
FROM gate.medication_near
WHERE duplicate IS NOT TRUE
