-- The given doses of the exposure whose grams are known: few of all administrations.
-- Grain: row of gate.medication_timed. duplicate: that of gate.medication_near; null for most.
SELECT
    t.*,
    n.duplicate
FROM gate.medication_timed AS t
LEFT JOIN gate.medication_near AS n ON t.row_number = n.row_number
WHERE t.exposure AND t.grams IS NOT NULL
