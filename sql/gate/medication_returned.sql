-- The given doses that a negative row of the same order takes back (kind 7).
-- Grain: row of gate.medication_once. Of several equal doses of an order, the last ones go.
WITH taken_back AS (
    SELECT
        admission_id,
        drug,
        order_id,
        dose_unit,
        -dose AS dose,
        COUNT(*) AS n_back
    FROM gate.medication_listed
    WHERE dose < 0 AND order_id IS NOT NULL
    GROUP BY admission_id, drug, order_id, dose_unit, -dose
)

SELECT
    g.admission_id,
    g.medication_id
FROM gate.medication_once AS g
INNER JOIN taken_back AS b
    ON
        g.admission_id = b.admission_id AND g.drug = b.drug AND g.order_id = b.order_id
        AND g.dose_unit = b.dose_unit AND g.dose = b.dose
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY g.admission_id, g.drug, g.order_id, g.dose_unit, g.dose
    ORDER BY g.started_at DESC, g.medication_id DESC
) <= b.n_back
