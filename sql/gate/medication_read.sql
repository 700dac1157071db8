-- The administrations of products that some code list knows: the others are in no feature, and
-- rows that name no admission are compared with none.
-- Grain: row of resolved.medication.
SELECT
    m.medication_id,
    m.order_id,
    m.admission_id,
    m.drug,
    m.dose,
    m.dose_unit,
    m.status,
    m.started_at,
    m.stopped_at,
    d.exposure
FROM resolved.medication AS m
INNER JOIN gate.drug AS d ON m.drug = d.drug
WHERE d.listed AND m.admission_id IS NOT NULL
