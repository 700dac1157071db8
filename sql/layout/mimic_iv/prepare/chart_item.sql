-- What the charted items are here. Grain: itemid. unit: that of the item; '' for FiO2, which is
-- charted as a fraction or in percent.
-- Source: MIMIC-IV d_items; items as in the public concepts of the MIT Laboratory for Computational
-- Physiology (mimic-code).
WITH known (itemid, vital_code, unit) AS (
    VALUES
    ('220045', 'heart_rate', '/min'), ('220210', 'respiratory_rate', '/min'),
    ('224690', 'respiratory_rate', '/min'), ('220277', 'spo2', '%'), ('220050', 'sbp', 'mmHg'),
    ('220179', 'sbp', 'mmHg'), ('225309', 'sbp', 'mmHg'), ('220051', 'dbp', 'mmHg'),
    ('220180', 'dbp', 'mmHg'), ('225310', 'dbp', 'mmHg'), ('220052', 'map', 'mmHg'),
    ('220181', 'map', 'mmHg'), ('225312', 'map', 'mmHg'), ('223762', 'temperature', 'C'),
    ('223761', 'temperature', 'F'), ('223835', 'fio2', ''), ('226512', 'weight', 'kg'),
    ('224639', 'weight', 'kg'), ('226531', 'weight', 'lb'), ('226730', 'height', 'cm'),
    ('226707', 'height', 'in')
)

SELECT
    itemid,
    vital_code,
    unit
FROM known
