-- The administrations of products that some code list knows: the others are in no feature, and
-- rows that name no admission are compared with none.
-- Grain: row of resolved.medication. grams: of the exposure, where the unit says how many; of a
-- rate those of the time that it ran, where that has an end (within a week). Of another drug
-- nobody asks for them, and nothing is evaluated.
WITH listed AS (
    SELECT
        m.*,
        d.exposure,
        d.product_concentration_g_per_l,
        d.product_strength_g,
        CASE
            WHEN NOT d.exposure THEN NULL
            WHEN m.dose_unit LIKE '%/min' THEN 1
            WHEN m.dose_unit LIKE '%/h' THEN 60
            WHEN m.dose_unit LIKE '%/day' THEN 1440
        END AS minutes,
        CASE
            WHEN NOT d.exposure THEN NULL
            WHEN minutes IS NULL THEN m.dose_unit
            ELSE REGEXP_REPLACE(m.dose_unit, '/(min|h|day)$', '')
        END AS amount_unit,
        CASE
            WHEN minutes IS NULL THEN 1
            WHEN m.stopped_at > m.started_at AND m.stopped_at <= m.started_at + INTERVAL 7 DAY
                THEN (EPOCH_US(m.stopped_at) - EPOCH_US(m.started_at)) / 6e7 / minutes
        END AS times
    FROM resolved.medication AS m
    INNER JOIN gate.drug AS d ON m.drug = d.drug
    WHERE d.listed AND m.admission_id IS NOT NULL
)

SELECT
    l.medication_id,
    l.order_id,
    l.admission_id,
    l.drug,
    l.dose,
    l.dose_unit,
    l.status,
    l.started_at,
    l.stopped_at,
    l.exposure,
    l.dose * l.times * CASE l.amount_unit
        WHEN 'g' THEN 1
        WHEN 'mg' THEN 1e-3
        WHEN 'ug' THEN 1e-6
        WHEN 'mL'
            THEN CONCENTRATION(l.concentration_g_per_l, l.product_concentration_g_per_l) / 1000
        WHEN 'vial' THEN COALESCE(l.strength_g, l.product_strength_g)
        WHEN 'g/kg' THEN s.stay_weight_kg
        WHEN 'mg/kg' THEN s.stay_weight_kg / 1000
        WHEN 'ug/kg' THEN s.stay_weight_kg / 1e6
    END AS grams
FROM listed AS l
LEFT JOIN gate.stay AS s ON l.admission_id = s.admission_id
