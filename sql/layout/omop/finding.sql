-- One row per sign or symptom that was coded. Absence is not coded, so present is always true.
-- Source: condition_occurrence, by concept (prepared.meaning).
SELECT
    p.hospital_id,
    p.admission_id,
    g.name AS finding_code,
    TRUE AS present,
    p.happened_at AS observed_at
FROM
    prepared.PLACED(
        'source.condition_occurrence',
        MOMENT_OF(condition_start_datetime, condition_start_date)
    ) AS p
INNER JOIN prepared.meaning AS g ON p.condition_concept_id = g.concept_id AND g.kind = 'finding'
