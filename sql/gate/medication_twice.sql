-- The given doses of the exposure that repeat the one before them, as if two systems had charted
-- each: the same grams (in mg) within an hour of it, while it still runs, or of another product or
-- unit, or of another order where nobody knows when it ended. Bottles that follow each other are
-- none.
-- Grain: row of gate.medication_exposed that is no duplicate.
WITH dose AS (
    SELECT
        admission_id,
        medication_id,
        started_at,
        HASH(drug, dose_unit) AS told,
        LAG(HASH(drug, dose_unit)) OVER same AS told_before,
        HASH(order_id) AS ordered,
        LAG(HASH(order_id)) OVER same AS ordered_before,
        LAG(started_at) OVER same AS started_before,
        LAG(ends_at) OVER same AS ended_before
    FROM gate.medication_exposed
    WHERE grams > 0 AND duplicate IS NOT TRUE
    WINDOW same AS (
        PARTITION BY admission_id, ROUND(grams * 1000)
        ORDER BY started_at, medication_id
    )
)

SELECT
    admission_id,
    medication_id
FROM dose
WHERE
    started_at - started_before <= INTERVAL 1 HOUR
    AND (
        told <> told_before
        OR started_at < ended_before
        OR (ended_before IS NULL AND ordered <> ordered_before)
    )
