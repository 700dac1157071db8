-- One row per administration: charts of intensive care, the administration record (eMAR), and of
-- stays without that record the orders.
-- Source: MIMIC-IV inputevents, emar and emar_detail, prescriptions (prepared.charted_dose,
-- ward_dose, ward_order).
SELECT
    'BIDMC' AS hospital_id,
    c.hadm_id AS admission_id,
    c.medication_id,
    c.order_id,
    c.drug_name AS drug_code,
    'local' AS vocabulary,
    c.drug_name,
    c.dose,
    c.dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    c.route,
    c.status,
    c.started_at,
    c.stopped_at
FROM prepared.charted_dose AS c
UNION ALL
SELECT
    'BIDMC' AS hospital_id,
    e.hadm_id AS admission_id,
    e.medication_id,
    e.order_id,
    e.drug_name AS drug_code,
    'local' AS vocabulary,
    e.drug_name,
    e.dose,
    e.dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    e.route,
    e.status,
    e.started_at,
    e.stopped_at
FROM prepared.ward_dose AS e
UNION ALL
SELECT
    'BIDMC' AS hospital_id,
    o.hadm_id AS admission_id,
    o.medication_id,
    o.medication_id AS order_id,
    o.drug_name AS drug_code,
    'local' AS vocabulary,
    o.drug_name,
    o.dose,
    o.dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    o.route,
    o.status,
    o.started_at,
    NULL AS stopped_at
FROM prepared.ward_order AS o
