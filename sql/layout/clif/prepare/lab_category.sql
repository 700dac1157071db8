-- Which lab categories say something, and which of them is D-dimer, whose code needs its unit.
-- Grain: lab_category as written. word: its plain word, null where it says nothing.
-- Source: CLIF labs.
WITH written AS (
    SELECT DISTINCT lab_category
    FROM source.clif_labs
)

SELECT
    lab_category,
    PLAIN_WORD(lab_category) AS word,
    COALESCE(PLAIN_WORD(lab_category) IN ('d_dimer', 'ddimer'), FALSE) AS is_d_dimer
FROM written
