-- Which specimens of lab results are blood.
-- Grain: lab_specimen_category as written. specimen: its plain word, null for blood and its kinds,
-- and where nothing is said: CLIF 2.1 has results of blood only. Source: CLIF labs.
WITH written AS (
    SELECT DISTINCT
        lab_specimen_category,
        PLAIN_WORD(lab_specimen_category) AS word
    FROM source.clif_labs
    WHERE lab_specimen_category IS NOT NULL
)

SELECT
    lab_specimen_category,
    CASE
        WHEN REGEXP_FULL_MATCH(word, '(.*[_/])?(blood|plasma|serum|血|血液|全血|血浆|血清)([_/].*)?')
            THEN NULL
        WHEN word NOT IN ('none', 'missing', 'unknown', 'venous', 'arterial', 'capillary')
            THEN word
    END AS specimen
FROM written
