-- The given doses, each counted once: without duplicates.
-- Grain: row of gate.medication_timed.
SELECT t.*
FROM gate.medication_timed AS t
ANTI JOIN gate.medication_near AS n ON t.row_number = n.row_number AND n.duplicate
