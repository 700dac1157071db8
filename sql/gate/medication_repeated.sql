-- The ids of administrations that are there several times, here or in another share.
-- Grain: medication_id and admission. copied: its rows say all the same, so that one of them is
-- enough; otherwise, or when another admission or share has the id too, it is no key.
WITH of_admission AS (
    SELECT
        medication_id,
        admission_id,
        COUNT(*) AS n_rows,
        COUNT(DISTINCT HASH(
            order_id, drug, dose, dose_unit, status, started_at, stopped_at
        )) AS n_said
    FROM gate.medication_read
    WHERE medication_id IS NOT NULL
    GROUP BY medication_id, admission_id
),

everywhere AS (
    SELECT
        *,
        COUNT(*) OVER (PARTITION BY medication_id) AS n_admissions
    FROM of_admission
)

SELECT
    e.medication_id,
    e.admission_id,
    e.n_said = 1 AND e.n_admissions = 1 AND o.medication_id IS NULL AS copied
FROM everywhere AS e
LEFT JOIN gate.repeated_elsewhere AS o ON e.medication_id = o.medication_id
WHERE e.n_rows > 1 OR e.n_admissions > 1 OR o.medication_id IS NOT NULL
