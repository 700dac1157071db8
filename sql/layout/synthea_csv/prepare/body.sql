-- Weight and height: the last recorded by the end of a stay, and no older than a year (assumed).
-- Grain: person, moment and what it is of. Source: Synthea CSV observations.
SELECT
    patient,
    date AS measured_at,
    CASE code WHEN '29463-7' THEN 'weight' ELSE 'height' END AS name,
    TRY_CAST(value AS DOUBLE) AS value
FROM source.observations
WHERE
    TRY_CAST(value AS DOUBLE) > 0
    AND ((code = '29463-7' AND units = 'kg') OR (code = '8302-2' AND units = 'cm'))
