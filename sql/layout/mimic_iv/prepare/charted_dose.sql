-- Administrations of the intensive care charts of MetaVision, row by row: a dose given at once, a
-- volume over its time, or a rate for as long as it ran.
-- Grain: row of inputevents. "dose" is no amount. Rates in mL are given as volumes; other rates
-- stay rates. A row that was rewritten was none. route: by the category of the order. drug_name:
-- NaCl and LR with the names by which code lists know them.
-- Source: MIMIC-IV inputevents, d_items.
SELECT
    c.hadm_id,
    d.label || CASE
        WHEN c.itemid = '225158' THEN ' (sodium chloride 0.9%)'
        WHEN c.itemid = '225828' THEN ' (lactated ringers)'
        ELSE ''
    END AS drug_name,
    'input ' || CONCAT_WS(' ', c.orderid, c.itemid, STRFTIME(c.starttime, '%Y%m%d%H%M%S'))
        AS medication_id,
    'input ' || c.linkorderid AS order_id,
    c.starttime AS started_at,
    c.endtime AS stopped_at,
    c.rate IS NOT NULL AND LOWER(LEFT(TRIM(c.rateuom), 2)) <> 'ml' AS is_rate,
    CASE WHEN is_rate THEN c.rate WHEN LOWER(TRIM(c.amountuom)) <> 'dose' THEN c.amount END AS dose,
    CASE
        WHEN is_rate THEN TRIM(c.rateuom) ELSE NULLIF(LOWER(TRIM(c.amountuom)), 'dose')
    END AS dose_unit,
    CASE
        WHEN c.itemid IN ('225975', '225906') THEN 'sc'
        WHEN LEFT(c.ordercategoryname, 2) = '06' THEN 'sc'
        WHEN LEFT(c.ordercategoryname, 2) IN ('13', '14', '15') THEN 'po'
        WHEN CONTAINS(c.ordercategoryname, '(Non IV)') THEN 'other'
        ELSE 'iv'
    END AS route,
    CASE
        WHEN PLAIN_WORD(c.statusdescription) IN ('rewritten', 'cancelled') THEN 'cancelled'
        ELSE 'given'
    END AS status
FROM source.inputevents AS c
LEFT JOIN source.d_items AS d ON c.itemid = d.itemid
WHERE c.hadm_id IS NOT NULL
