-- The given doses within 5 minutes of another one of the same drug: few of them.
-- Grain: close row of gate.medication_timed, by its number.
SELECT row_number
FROM gate.medication_timed
WINDOW any_dose AS (PARTITION BY admission_id, drug ORDER BY started_at)
QUALIFY
    started_at - LAG(started_at) OVER any_dose <= INTERVAL 5 MINUTE
    OR LEAD(started_at) OVER any_dose - started_at <= INTERVAL 5 MINUTE
