-- The UCUM code of each unit concept.
-- Grain: unit concept. Source: concept.
SELECT
    concept_id,
    concept_code AS unit
FROM source.concept
WHERE domain_id = 'Unit' AND concept_id <> 0
