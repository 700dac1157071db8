-- The administrations of products that some code list knows: the others are in no feature, and
-- rows that name no admission are compared with none.
-- Grain: row of resolved.medication. grams: where the unit says how many; of a rate those of the
-- time that it ran, where that has an end (within a week).
WITH spelled AS (
    SELECT
        m.*,
        CASE
            WHEN m.dose_unit LIKE '%/min' THEN 1
            WHEN m.dose_unit LIKE '%/h' THEN 60
            WHEN m.dose_unit LIKE '%/day' THEN 1440
        END AS minutes,
        CASE
            WHEN minutes IS NULL THEN 1
            WHEN m.stopped_at > m.started_at AND m.stopped_at <= m.started_at + INTERVAL 7 DAY
                THEN (EPOCH_US(m.stopped_at) - EPOCH_US(m.started_at)) / 6e7 / minutes
        END AS times,
        REGEXP_REPLACE(m.dose_unit, '/(min|h|day)$', '') AS amount_unit
    FROM resolved.medication AS m
)

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
    d.exposure,
    m.dose * m.times * CASE m.amount_unit
        WHEN 'g' THEN 1
        WHEN 'mg' THEN 1e-3
        WHEN 'ug' THEN 1e-6
        WHEN 'mL'
            THEN CONCENTRATION(m.concentration_g_per_l, d.product_concentration_g_per_l) / 1000
        WHEN 'vial' THEN COALESCE(m.strength_g, d.product_strength_g)
        WHEN 'g/kg' THEN s.stay_weight_kg
        WHEN 'mg/kg' THEN s.stay_weight_kg / 1000
        WHEN 'ug/kg' THEN s.stay_weight_kg / 1e6
    END AS grams
FROM spelled AS m
INNER JOIN gate.drug AS d ON m.drug = d.drug
LEFT JOIN gate.stay AS s ON m.admission_id = s.admission_id
WHERE d.listed AND m.admission_id IS NOT NULL
