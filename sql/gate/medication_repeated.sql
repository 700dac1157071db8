-- The ids of administrations that are there several times, here or in another share.
-- Grain: medication_id and admission. copied: its rows say all the same, so that one of them is
-- enough; otherwise, or when another admission or share has the id too, it is no key.
WITH repeated AS (
    SELECT medication_id
    FROM gate.medication_read
    GROUP BY medication_id
    HAVING COUNT(*) > 1
    UNION
    SELECT medication_id
    FROM gate.repeated_elsewhere
),

of_admission AS (
    SELECT
        medication_id,
        admission_id,
        COUNT(DISTINCT HASH(
            order_id, drug, dose, dose_unit, status, started_at, stopped_at
        )) AS n_said
    FROM gate.medication_read AS m
    SEMI JOIN repeated AS r ON m.medication_id = r.medication_id
    GROUP BY m.medication_id, m.admission_id
)

SELECT
    e.medication_id,
    e.admission_id,
    e.n_said = 1
    AND COUNT(*) OVER (PARTITION BY e.medication_id) = 1
    AND o.medication_id IS NULL AS copied
FROM of_admission AS e
LEFT JOIN gate.repeated_elsewhere AS o ON e.medication_id = o.medication_id
