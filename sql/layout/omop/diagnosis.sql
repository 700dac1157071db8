-- One row per coded diagnosis of an admission; one without a visit belongs to the stay it falls in.
-- code: the ICD code of the source where it is known, else the SNOMED code of the standard concept.
-- Source: condition_occurrence. present_on_admission: status 32890 (admission), 46236988.
SELECT
    p.hospital_id,
    p.admission_id,
    COALESCE(o.concept_code, c.concept_code, p.condition_source_value) AS code,
    p.happened_at AS diagnosed_at,
    CASE
        WHEN o.vocabulary_id IN ('ICD10CM', 'ICD9CM') THEN o.vocabulary_id
        WHEN o.vocabulary_id IS NOT NULL THEN 'ICD10'
        ELSE COALESCE(c.vocabulary_id, 'local')
    END AS vocabulary,
    CASE
        WHEN p.condition_status_concept_id IN (32890, 46236988) THEN TRUE
    END AS present_on_admission
FROM
    prepared.PLACED(
        'source.condition_occurrence',
        COALESCE(condition_start_datetime, condition_start_date::TIMESTAMP)
    ) AS p
LEFT JOIN source.concept AS o
    ON p.condition_source_concept_id = o.concept_id AND o.vocabulary_id LIKE 'ICD%'
LEFT JOIN source.concept AS c ON p.condition_concept_id = c.concept_id AND c.concept_id <> 0
