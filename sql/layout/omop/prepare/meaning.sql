-- What a concept means where it is no laboratory result, drug or condition.
-- Grain: concept and kind (vital, device, procedure, finding, pathogen). A concept below a listed
-- one means the same; one that is listed itself means what it is listed for.
-- Source: ref.vital, ref.event, and concept_ancestor.
WITH listed AS (
    SELECT
        'vital' AS kind,
        vital_code AS name,
        code::BIGINT AS concept_id,
        NULL AS method,
        NULL AS specimen
    FROM ref.vital
    WHERE vocabulary = 'OMOP'
    UNION ALL
    SELECT
        kind,
        name,
        code::BIGINT AS concept_id,
        NULLIF(method, '') AS method,
        NULLIF(specimen, '') AS specimen
    FROM ref.event
    WHERE vocabulary = 'OMOP'
),

every AS (
    SELECT
        *,
        0 AS distance
    FROM listed
    UNION ALL
    SELECT
        l.kind,
        l.name,
        a.descendant_concept_id AS concept_id,
        l.method,
        l.specimen,
        1 AS distance
    FROM listed AS l
    INNER JOIN source.concept_ancestor AS a ON l.concept_id = a.ancestor_concept_id
)

SELECT
    kind,
    concept_id,
    name,
    method,
    specimen
FROM every
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY kind, concept_id ORDER BY distance, name, method, specimen
) = 1
