-- The drugs that the charts of intensive care hold of a stay: what an order
-- says of them as well would count twice.
-- Grain: admission and key. key: the first word of the name, of salts, insulin and albumin two;
-- NaCl and LR by the names of orders too.
-- Source: MIMIC-III inputevents_mv, inputevents_cv, d_items.
WITH event AS (
    SELECT
        hadm_id,
        itemid
    FROM source.inputevents_mv
    UNION
    SELECT
        hadm_id,
        itemid
    FROM source.inputevents_cv
),

charted AS (
    SELECT
        e.hadm_id,
        UNNEST([
            d.label,
            CASE e.itemid
                WHEN '225158' THEN 'sodium chloride' WHEN '225828' THEN 'lactated ringers'
            END
        ]) AS label
    FROM event AS e
    LEFT JOIN source.d_items AS d ON e.itemid = d.itemid
)

SELECT DISTINCT
    hadm_id,
    REGEXP_EXTRACT(
        LOWER(label),
        '(sodium|potassium|calcium|magnesium|insulin|albumin) +[a-z]+|[a-z]{4,}'
    ) AS key
FROM charted
WHERE hadm_id IS NOT NULL AND key <> ''
