-- The specimens of arterial blood. Grain: person and moment, which is what a specimen is here.
-- Source: MIMIC-III labevents, item 50800 (type of the specimen of a blood gas).
SELECT DISTINCT
    subject_id,
    charttime
FROM source.labevents
WHERE itemid = '50800' AND value ILIKE 'ART%'
