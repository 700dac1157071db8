-- What each vital_category is, in whatever case it is written.
-- Grain: vital_category as written. name: the sign, or weight or height; unit: the one that CLIF
-- gives it; both null for a category that CLIF does not have. Source: CLIF vitals, ref.vital.
WITH written AS (
    SELECT DISTINCT vital_category
    FROM source.clif_vitals
)

SELECT
    w.vital_category,
    r.vital_code AS name,
    r.unit
FROM written AS w
LEFT JOIN ref.vital AS r
    ON
        r.code = PLAIN_WORD(w.vital_category)
        AND r.vocabulary = 'CLIF' AND r.vital_code <> 'gcs'
