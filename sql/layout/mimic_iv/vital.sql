-- One row per measurement: vital signs, the total Glasgow coma score, urine.
-- FiO2 up to 1 is a fraction, above 1 percent. Urine: outputs by bladder, catheter, stoma or
-- nephrostomy; irrigation in and out (227488, 227489) is none.
-- Source: MIMIC-IV chartevents, outputevents.
SELECT
    'BIDMC' AS hospital_id,
    c.hadm_id AS admission_id,
    i.vital_code,
    c.valuenum AS value,
    c.charttime AS measured_at,
    CASE
        WHEN i.vital_code <> 'fio2' THEN i.unit WHEN c.valuenum <= 1 THEN 'fraction' ELSE '%'
    END AS unit
FROM source.chartevents AS c
INNER JOIN prepared.chart_item AS i
    ON c.itemid = i.itemid AND i.vital_code NOT IN ('weight', 'height')
WHERE c.hadm_id IS NOT NULL AND c.valuenum IS NOT NULL
UNION ALL
SELECT
    'BIDMC' AS hospital_id,
    g.hadm_id AS admission_id,
    'gcs' AS vital_code,
    g.value,
    g.charttime AS measured_at,
    'points' AS unit
FROM prepared.coma_score AS g
WHERE g.hadm_id IS NOT NULL
UNION ALL
SELECT
    'BIDMC' AS hospital_id,
    o.hadm_id AS admission_id,
    'urine_output' AS vital_code,
    o.value,
    o.charttime AS measured_at,
    COALESCE(o.valueuom, 'mL') AS unit
FROM source.outputevents AS o
WHERE
    o.hadm_id IS NOT NULL AND o.value IS NOT NULL
    AND o.itemid IN (
        '226559', '226560', '226561', '226584', '226563', '226564', '226565', '226567', '226557',
        '226558'
    )
