-- Rows of the source that are in no canonical table because nobody reads what they are.
-- Grain: hospital and what it is about (place, procedure). violated: rows with a category that is
-- empty or that CLIF does not have; denominator: all that were asked.
-- Source: CLIF adt, position, renal_replacement_therapy, mcs, patient_assessments.
WITH asked AS (
    SELECT
        hospitalization_id,
        'place' AS about,
        PLAIN_WORD(location_category) AS word,
        [
            'ed', 'ward', 'stepdown', 'icu', 'procedural', 'l&d', 'labor_and_delivery', 'hospice',
            'psych', 'rehab', 'radiology', 'dialysis', 'other'
        ] AS known
    FROM source.clif_adt
    UNION ALL
    SELECT
        hospitalization_id,
        'procedure' AS about,
        PLAIN_WORD(position_category) AS word,
        ['prone', 'not_prone'] AS known
    FROM source.clif_position
    UNION ALL
    SELECT
        hospitalization_id,
        'procedure' AS about,
        PLAIN_WORD(mode_category) AS word,
        ['scuf', 'cvvh', 'cvvhd', 'cvvhdf', 'avvh', 'ihd', 'sled', 'pd', 'other'] AS known
    FROM source.clif_renal_replacement_therapy
    UNION ALL
    SELECT
        hospitalization_id,
        'procedure' AS about,
        PLAIN_WORD(support_category) AS word,
        NULL AS known
    FROM source.clif_mcs
)

SELECT
    s.hospital_id,
    a.about,
    COUNT_IF(a.word IS NULL OR NOT LIST_CONTAINS(a.known, a.word)) AS violated,
    COUNT(*) AS denominator
FROM asked AS a
INNER JOIN prepared.stay AS s ON a.hospitalization_id = s.hospitalization_id
GROUP BY s.hospital_id, a.about
