-- The drugs that the charts of intensive care hold of a stay: what an order or the administration
-- record says of them as well would count twice.
-- Grain: admission and key. key: the first word of the name, of salts, insulin and albumin two;
-- NaCl and LR by the names of orders too.
-- Source: MIMIC-IV inputevents, d_items.
WITH charted AS (
    SELECT
        c.hadm_id,
        UNNEST([
            d.label,
            CASE c.itemid
                WHEN '225158' THEN 'sodium chloride' WHEN '225828' THEN 'lactated ringers'
            END
        ]) AS label
    FROM source.inputevents AS c
    LEFT JOIN source.d_items AS d ON c.itemid = d.itemid
)

SELECT DISTINCT
    hadm_id,
    REGEXP_EXTRACT(
        LOWER(label),
        '(sodium|potassium|calcium|magnesium|insulin|albumin) +[a-z]+|[a-z]{4,}'
    ) AS key
FROM charted
WHERE hadm_id IS NOT NULL AND key <> ''
