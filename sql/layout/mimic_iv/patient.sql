-- One row per person. birth_date: none, the age is in the admission. death_at: prepared.death.
-- Source: MIMIC-IV patients.
SELECT
    'BIDMC' AS hospital_id,
    p.subject_id AS patient_id,
    NULL AS person_id,
    NULL AS birth_date,
    d.death_at,
    CASE PLAIN_WORD(p.gender) WHEN 'f' THEN 'female' WHEN 'm' THEN 'male' ELSE 'unknown' END AS sex
FROM source.patients AS p
LEFT JOIN prepared.death AS d ON p.subject_id = d.subject_id
