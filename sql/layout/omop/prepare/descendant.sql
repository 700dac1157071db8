-- The codes below each listed code whose descendants count: OMOP concept ids, and SNOMED codes.
-- Grain: listed code and code below it. Source: concept_ancestor.
WITH listed AS (
    SELECT
        l.vocabulary,
        l.code,
        COALESCE(c.concept_id, TRY_CAST(l.code AS BIGINT)) AS concept_id
    FROM ref.listed AS l
    LEFT JOIN source.concept AS c ON l.vocabulary = c.vocabulary_id AND l.code = c.concept_code
    WHERE l.vocabulary = 'OMOP' OR c.concept_id IS NOT NULL
)

SELECT DISTINCT
    l.vocabulary,
    l.code,
    CASE
        WHEN l.vocabulary = 'OMOP' THEN a.descendant_concept_id::VARCHAR ELSE d.concept_code
    END AS below
FROM listed AS l
INNER JOIN source.concept_ancestor AS a ON l.concept_id = a.ancestor_concept_id
LEFT JOIN source.concept AS d ON a.descendant_concept_id = d.concept_id
WHERE
    a.descendant_concept_id <> a.ancestor_concept_id
    AND (l.vocabulary = 'OMOP' OR l.vocabulary = d.vocabulary_id)
