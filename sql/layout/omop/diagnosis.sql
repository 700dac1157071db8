-- One row per coded diagnosis of an admission (prepared.placed).
-- code: the ICD code of the source concept; else one that the source value holds (prefixed, as
-- ICD10CM:I10, or alone where the standard concept is not in the vocabulary); else the code of the
-- standard concept, or its number where the extract has no such concept; else as written.
-- Source: condition_occurrence; the states of prepared.written_state. Codes of procedures and of
-- tumours (ICD10PCS, ICDO3) are none. present_on_admission: status 32890, 46236988.
WITH recorded AS (
    SELECT p.*
    FROM
        prepared.PLACED(
            'source.condition_occurrence',
            MOMENT_OF(condition_start_datetime, condition_start_date)
        ) AS p
    UNION ALL BY NAME
    SELECT * FROM prepared.written_state
),

written AS (
    SELECT
        p.*,
        o.concept_code AS source_code,
        o.vocabulary_id AS source_vocabulary,
        c.concept_code AS standard_code,
        c.vocabulary_id AS standard_vocabulary,
        UPPER(REGEXP_REPLACE(
            REGEXP_EXTRACT(
                p.condition_source_value, '^\s*(ICD[-_ ]?(?:9|10)[-_ ]?(?:CM)?)\s*[:|]', 1, 'i'
            ),
            '[-_ ]', '', 'g'
        )) AS prefix,
        NULLIF(TRIM(REGEXP_REPLACE(REGEXP_REPLACE(
            p.condition_source_value, '^\s*ICD[-_ ]?(?:9|10)[-_ ]?(?:CM)?\s*[:|]\s*', '', 'i'
        ), '^([0-9]{6,18})\.0$', '\1')), '') AS value
    FROM recorded AS p
    LEFT JOIN source.concept AS o
        ON
            p.condition_source_concept_id = o.concept_id
            AND REGEXP_FULL_MATCH(o.vocabulary_id, 'ICD(9|10)[A-Z]{0,2}')
    LEFT JOIN source.concept AS c ON p.condition_concept_id = c.concept_id AND c.concept_id <> 0
),

formed AS (
    SELECT
        *,
        CASE
            WHEN prefix <> '' THEN prefix
            WHEN standard_code IS NOT NULL THEN NULL
            WHEN REGEXP_FULL_MATCH(value, '[A-TV-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?', 'i')
                THEN 'ICD10'
            WHEN REGEXP_FULL_MATCH(value, 'U0[0-9](\.?[0-9])?', 'i') THEN 'ICD10'
            WHEN REGEXP_FULL_MATCH(value, '([0-9]{3}|[EV][0-9]{2,3})\.[0-9]{1,2}', 'i')
                THEN 'ICD9CM'
            WHEN REGEXP_FULL_MATCH(value, '[1-9][0-9]{6,17}') THEN 'SNOMED'
        END AS value_vocabulary
    FROM written
)

SELECT
    f.hospital_id,
    f.admission_id,
    f.happened_at AS diagnosed_at,
    CASE
        WHEN f.source_code IS NOT NULL THEN f.source_code
        WHEN f.value_vocabulary IS NOT NULL THEN f.value
        WHEN f.standard_code IS NOT NULL THEN f.standard_code
        WHEN f.condition_concept_id <> 0 THEN f.condition_concept_id::VARCHAR
        ELSE f.value
    END AS code,
    CASE
        WHEN f.source_vocabulary IN ('ICD10CM', 'ICD9CM') THEN f.source_vocabulary
        WHEN f.source_vocabulary IS NOT NULL THEN 'ICD10'
        WHEN f.value_vocabulary = 'ICD9' THEN 'ICD9CM'
        WHEN f.value_vocabulary IS NOT NULL THEN f.value_vocabulary
        WHEN f.standard_code IS NOT NULL THEN f.standard_vocabulary
        WHEN f.condition_concept_id <> 0 THEN 'OMOP'
        ELSE 'local'
    END AS vocabulary,
    CASE
        WHEN f.condition_status_concept_id IN (32890, 46236988) THEN TRUE
    END AS present_on_admission
FROM formed AS f
