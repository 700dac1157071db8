-- The concepts that say how a record came about: a prescription, a claim, an administration.
-- Grain: type concept. Those of the vocabulary "Type Concept", also where the table of concepts was
-- trimmed of them: its standard block, and the drug types before it.
SELECT concept_id
FROM source.concept
WHERE domain_id = 'Type Concept'
UNION
SELECT UNNEST(RANGE(32800, 33000))
UNION
SELECT UNNEST(RANGE(38000175, 38000183))
UNION
SELECT UNNEST([43542356, 43542357, 43542358, 44777970, 44787730, 581373, 581452])
