-- The Glasgow coma score: the sum of its three parts charted at one moment, as charted (of somebody
-- intubated the verbal part is 1). Grain: admission and moment.
-- Source: MIMIC-IV chartevents.
SELECT
    c.hadm_id,
    c.charttime,
    MIN(c.valuenum) FILTER (WHERE c.itemid = '220739')
    + MIN(c.valuenum) FILTER (WHERE c.itemid = '223900')
    + MIN(c.valuenum) FILTER (WHERE c.itemid = '223901') AS value
FROM source.chartevents AS c
WHERE c.itemid IN ('220739', '223900', '223901')
GROUP BY c.hadm_id, c.charttime
HAVING value IS NOT NULL
