-- One row per coded diagnosis of an admission; one without a visit belongs to the stay it falls in.
-- code: the ICD code of the source where it is known, else the SNOMED code of the standard concept.
-- Source: condition_occurrence. present_on_admission: status 32890 (admission), 46236988.
WITH placed AS (
    SELECT
        e.*,
        v.hospital_id,
        v.admission_id
    FROM source.condition_occurrence AS e
    INNER JOIN prepared.visit AS v ON e.visit_occurrence_id = v.visit_occurrence_id
    UNION ALL
    SELECT
        e.*,
        s.hospital_id,
        s.admission_id
    FROM source.condition_occurrence AS e
    INNER JOIN prepared.visit_stay AS s
        ON
            e.person_id = s.person_id
            AND COALESCE(e.condition_start_datetime, e.condition_start_date::TIMESTAMP)
            BETWEEN s.admitted_at AND s.discharged_at
    WHERE e.visit_occurrence_id IS NULL
)

SELECT
    p.hospital_id,
    p.admission_id,
    COALESCE(o.concept_code, c.concept_code, p.condition_source_value) AS code,
    COALESCE(p.condition_start_datetime, p.condition_start_date::TIMESTAMP) AS diagnosed_at,
    CASE
        WHEN o.vocabulary_id IN ('ICD10CM', 'ICD9CM') THEN o.vocabulary_id
        WHEN o.vocabulary_id IS NOT NULL THEN 'ICD10'
        ELSE COALESCE(c.vocabulary_id, 'local')
    END AS vocabulary,
    CASE
        WHEN p.condition_status_concept_id IN (32890, 46236988) THEN TRUE
    END AS present_on_admission
FROM placed AS p
LEFT JOIN source.concept AS o
    ON p.condition_source_concept_id = o.concept_id AND o.vocabulary_id LIKE 'ICD%'
LEFT JOIN source.concept AS c ON p.condition_concept_id = c.concept_id AND c.concept_id <> 0
