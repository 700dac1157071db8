-- Given doses within 5 minutes of another one of the same drug, compared dose by dose.
-- Grain: row of gate.medication_timed in gate.medication_close. Rows between two close ones are
-- among them, so that the row before is the same as among all rows.
-- duplicate: same drug, dose and unit within 5 minutes of the one before it, which stays (kind 3);
-- never at exactly midnight, where a date without a time hides the parts of a split dose, and not
-- when the one before had ended: pieces that adjoin are one infusion, charted in parts.
-- duplicate_dose: within 5 minutes with another dose, of two that overlap.
SELECT
    *,
    started_at - LAG(started_at) OVER same_dose <= INTERVAL 5 MINUTE
    AND started_at::TIME <> TIME '00:00:00'
    AND COALESCE(started_at < LAG(ends_at) OVER same_dose, TRUE) AS duplicate,
    started_at - LAG(started_at) OVER any_dose <= INTERVAL 5 MINUTE
    AND dose <> LAG(dose) OVER any_dose
    AND COALESCE(started_at < LAG(ends_at) OVER any_dose, TRUE) AS duplicate_dose
FROM gate.medication_timed
SEMI JOIN gate.medication_close USING (row_number)
WINDOW
    same_dose AS (
        PARTITION BY admission_id, drug, dose_unit, dose
        ORDER BY started_at, medication_id
    ),
    any_dose AS (
        PARTITION BY admission_id, drug, dose_unit
        ORDER BY started_at, medication_id
    )
