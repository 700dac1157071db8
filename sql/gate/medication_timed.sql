-- Which of the given doses are close: within 5 minutes of another one of the same drug.
-- Grain: given row of gate.medication_listed with a dose: an unknown one is compared with none.
-- ends_at: the end of an infusion; null for a dose without a length.
SELECT
    *,
    CASE WHEN stopped_at > started_at THEN stopped_at END AS ends_at,
    COALESCE(
        started_at - LAG(started_at) OVER any_dose <= INTERVAL 5 MINUTE
        OR LEAD(started_at) OVER any_dose - started_at <= INTERVAL 5 MINUTE,
        FALSE
    ) AS is_close
FROM GIVEN('gate.medication_listed')
WHERE dose IS NOT NULL
WINDOW any_dose AS (PARTITION BY admission_id, drug ORDER BY started_at)
