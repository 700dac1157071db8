-- Administrations of the intensive care charts of CareVue. Grain: row of inputevents_cv with a
-- rate, or with an amount of what no rate is charted of in that unit stay (the hourly amounts of an
-- infusion are its rate once more).
-- A rate holds until the next row of the item; a stop, or a rate of 0, ends it; the last has no
-- end.
-- Source: MIMIC-III inputevents_cv, d_items. Neosynephrine is phenylephrine.
WITH unit (written, unit) AS (
    VALUES
    ('mcgkgmin', 'mcg/kg/min'), ('mcgkghr', 'mcg/kg/h'), ('mcgmin', 'mcg/min'),
    ('mcghr', 'mcg/h'), ('mgkghr', 'mg/kg/h'), ('mgkgmin', 'mg/kg/min'), ('mgmin', 'mg/min'),
    ('mghr', 'mg/h'), ('uhr', 'units/h'), ('umin', 'units/min'), ('ukghr', 'units/kg/h'),
    ('mlhr', 'mL/h'), ('gmhr', 'g/h'), ('meqhr', 'mEq/h')
),

charted AS (
    SELECT
        c.*,
        d.label,
        c.stopped IN ('Stopped', 'D/C''d') AS is_stop,
        BOOL_OR(c.rate IS NOT NULL AND c.rateuom IS NOT NULL) OVER (
            PARTITION BY c.icustay_id, c.itemid
        ) AS has_rate,
        MIN(c.charttime) FILTER (
            WHERE (c.rate IS NOT NULL AND c.rateuom IS NOT NULL)
            OR c.stopped IN ('Stopped', 'D/C''d')
        ) OVER (
            PARTITION BY c.icustay_id, c.itemid
            ORDER BY c.charttime
            RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_time,
        ROW_NUMBER() OVER (
            PARTITION BY c.hadm_id, c.itemid, c.charttime
            ORDER BY c.orderid, c.rate, c.amount
        ) AS number
    FROM source.inputevents_cv AS c
    LEFT JOIN source.d_items AS d ON c.itemid = d.itemid
    WHERE c.hadm_id IS NOT NULL
)

SELECT
    c.hadm_id,
    c.label || CASE WHEN c.label ILIKE 'neosyn%' THEN ' (phenylephrine)' ELSE '' END AS drug_name,
    'carevue ' || CONCAT_WS(
        ' ', c.hadm_id, c.itemid, STRFTIME(c.charttime, '%Y%m%d%H%M%S'), c.number
    ) AS medication_id,
    'carevue ' || c.linkorderid AS order_id,
    c.charttime AS started_at,
    CASE
        WHEN c.is_stop OR c.rate = 0 THEN c.charttime WHEN c.has_rate THEN c.next_time
    END AS stopped_at,
    CASE WHEN NOT c.has_rate THEN c.amount WHEN c.is_stop THEN 0 ELSE c.rate END AS dose,
    CASE
        WHEN NOT c.has_rate THEN c.amountuom
        WHEN c.rateuom IS NOT NULL THEN COALESCE(u.unit, c.rateuom)
    END AS dose_unit,
    CASE
        WHEN c.originalroute IN ('Oral', 'Gastric/Feeding Tube') THEN 'po'
        WHEN c.has_rate OR c.originalroute ILIKE 'intravenous%' OR c.originalroute = 'IV Piggyback'
            THEN 'iv'
        ELSE 'unknown'
    END AS route,
    CASE
        WHEN c.is_stop OR (c.has_rate AND c.rate = 0) THEN 'stopped' ELSE 'given'
    END AS status
FROM charted AS c
LEFT JOIN unit AS u
    ON LOWER(REGEXP_REPLACE(c.rateuom, '[^A-Za-z]', '', 'g')) = u.written
WHERE
    c.is_stop
    OR CASE
        WHEN c.has_rate THEN c.rate IS NOT NULL AND c.rateuom IS NOT NULL ELSE c.amount > 0
    END
