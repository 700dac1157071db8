-- One row per person and hospital. A person has one id in all hospitals of an extract.
-- Source: person and death. birth_date is null where the month is not known. sex: 8507, 8532, 8521,
-- 8551; without a concept as the source writes it; another concept as its number.
WITH seen AS (
    SELECT DISTINCT
        hospital_id,
        person_id
    FROM prepared.visit_stay
)

SELECT
    s.hospital_id,
    p.person_id AS patient_id,
    p.person_id,
    d.death_at,
    CASE
        WHEN p.gender_concept_id = 8507 THEN 'male'
        WHEN p.gender_concept_id = 8532 THEN 'female'
        WHEN p.gender_concept_id = 8521 THEN 'other'
        WHEN p.gender_concept_id = 8551 THEN 'unknown'
        WHEN p.gender_concept_id <> 0 THEN p.gender_concept_id::VARCHAR
        WHEN PLAIN_WORD(p.gender_source_value) IN ('m', 'male', '男') THEN 'male'
        WHEN PLAIN_WORD(p.gender_source_value) IN ('f', 'female', '女') THEN 'female'
        ELSE COALESCE(p.gender_source_value, 'unknown')
    END AS sex,
    COALESCE(
        p.birth_datetime,
        TRY_CAST(PRINTF(
            '%04d-%02d-%02d', p.year_of_birth::INTEGER, p.month_of_birth::INTEGER,
            CASE WHEN p.day_of_birth BETWEEN 1 AND 31 THEN p.day_of_birth ELSE 1 END::INTEGER
        ) AS DATE)
    ) AS birth_date
FROM source.person AS p
INNER JOIN seen AS s ON p.person_id = s.person_id
LEFT JOIN prepared.vital_status AS d ON p.person_id = d.person_id
