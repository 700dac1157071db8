-- The observations that have an ICD code: there the vocabulary puts states (Z99.2 dialysis, Z94.0
-- transplant). Columns as those of condition_occurrence.
-- Grain: observation. Left out: what is denied, and the code of a disease beside another concept,
-- which is of the family or of before.
-- Source: prepared.placed over observation.
SELECT
    p.hospital_id,
    p.admission_id,
    p.happened_at,
    p.observation_concept_id AS condition_concept_id,
    p.observation_source_concept_id AS condition_source_concept_id,
    p.observation_source_value AS condition_source_value
FROM
    prepared.PLACED(
        'source.observation', MOMENT_OF(observation_datetime, observation_date)
    ) AS p
LEFT JOIN source.concept AS o
    ON p.observation_source_concept_id = o.concept_id AND o.concept_id <> 0
LEFT JOIN source.concept AS c ON p.observation_concept_id = c.concept_id AND c.concept_id <> 0
LEFT JOIN source.concept AS a ON p.value_as_concept_id = a.concept_id AND a.concept_id <> 0
WHERE
    (
        REGEXP_FULL_MATCH(o.vocabulary_id, 'ICD(9|10)[A-Z]{0,2}')
        OR p.observation_source_value
        SIMILAR TO '\s*((?i)ICD[-_ ]?(9|10)[-_ ]?(CM)?\s*[:|].*|Z[0-9]{2}[.][0-9]+\s*)'
    )
    AND COALESCE(NOT (o.domain_id = 'Condition' AND c.domain_id = 'Observation'), TRUE)
    AND COALESCE(
        NOT (
            REGEXP_MATCHES(c.concept_name, '\bhistory\b', 'i')
            AND NOT REGEXP_MATCHES(
                COALESCE(o.concept_code, p.observation_source_value), '(^|[:|])\s*[VZ]', 'i'
            )
        ), TRUE
    )
    AND COALESCE(p.value_as_concept_id NOT IN (4188540, 45878245, 4132135, 9189), TRUE)
    AND COALESCE(
        PLAIN_WORD(COALESCE(a.concept_name, p.value_as_string)) NOT IN (
            'no', 'absent', 'not_present', 'negative', 'not_detected', 'false', 'n'
        ), TRUE
    )
