-- The specimens of arterial blood. Grain: specimen.
-- Source: MIMIC-IV labevents, item 52033 (type of the specimen of a blood gas).
SELECT DISTINCT specimen_id
FROM source.labevents
WHERE itemid IN ('52033', '50800') AND value ILIKE 'ART%' AND specimen_id IS NOT NULL
