-- One row per person. birth_date: null above 89, where the source hides it. death_at:
-- prepared.death.
-- Source: MIMIC-III patients.
WITH person AS (
    SELECT
        p.*,
        (
            SELECT MAX(a.admittime) - p.dob > INTERVAL 54000 DAY
            FROM source.admissions AS a
            WHERE a.subject_id = p.subject_id
        ) AS hidden
    FROM source.patients AS p
)

SELECT
    'BIDMC' AS hospital_id,
    p.subject_id AS patient_id,
    NULL AS person_id,
    CASE WHEN p.hidden IS NOT TRUE THEN p.dob::DATE END AS birth_date,
    d.death_at,
    CASE PLAIN_WORD(p.gender) WHEN 'f' THEN 'female' WHEN 'm' THEN 'male' ELSE 'unknown' END AS sex
FROM person AS p
LEFT JOIN prepared.death AS d ON p.subject_id = d.subject_id
