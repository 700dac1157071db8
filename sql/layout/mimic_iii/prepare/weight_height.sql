-- Weight and height of a stay: the first charted above zero, of weight else that by which the first
-- infusion was dosed. Grain: admission.
-- Source: MIMIC-III chartevents, inputevents_mv.
WITH charted AS (
    SELECT
        c.hadm_id,
        i.vital_code,
        c.charttime,
        c.valuenum * CASE i.unit WHEN 'lb' THEN 0.453592 WHEN 'in' THEN 2.54 ELSE 1 END AS value
    FROM source.chartevents AS c
    INNER JOIN prepared.chart_item AS i
        ON c.itemid = i.itemid AND i.vital_code IN ('weight', 'height')
    WHERE c.valuenum > 0 AND COALESCE(c.error, 0) <> 1
),

dosed AS (
    SELECT
        hadm_id,
        ARG_MIN(patientweight, (starttime, patientweight)) AS weight_kg
    FROM source.inputevents_mv
    WHERE patientweight > 0
    GROUP BY hadm_id
),

first_of AS (
    SELECT
        hadm_id,
        ARG_MIN(value, (charttime, value)) FILTER (WHERE vital_code = 'weight') AS weight_kg,
        ARG_MIN(value, (charttime, value)) FILTER (WHERE vital_code = 'height') AS height_cm
    FROM charted
    GROUP BY hadm_id
)

SELECT
    COALESCE(f.hadm_id, d.hadm_id) AS hadm_id,
    COALESCE(f.weight_kg, d.weight_kg) AS weight_kg,
    f.height_cm
FROM first_of AS f
FULL JOIN dosed AS d ON f.hadm_id = d.hadm_id
