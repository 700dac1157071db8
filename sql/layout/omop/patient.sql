-- One row per person and hospital. A person has one id in all hospitals of an extract.
-- Source: person and death. birth_date is null where the month is not known. sex: 8507, 8532.
WITH seen AS (
    SELECT DISTINCT
        hospital_id,
        person_id
    FROM prepared.visit_stay
),

dead AS (
    SELECT
        person_id,
        MIN(COALESCE(death_datetime, death_date::TIMESTAMP)) AS death_at
    FROM source.death
    GROUP BY person_id
)

SELECT
    s.hospital_id,
    p.person_id AS patient_id,
    p.person_id,
    d.death_at,
    CASE p.gender_concept_id
        WHEN 8507 THEN 'male'
        WHEN 8532 THEN 'female'
        WHEN 0 THEN 'unknown'
        ELSE 'other'
    END AS sex,
    COALESCE(
        p.birth_datetime,
        TRY_CAST(PRINTF(
            '%04d-%02d-%02d', p.year_of_birth::INTEGER, p.month_of_birth::INTEGER,
            COALESCE(p.day_of_birth, 1)::INTEGER
        ) AS DATE)
    ) AS birth_date
FROM source.person AS p
INNER JOIN seen AS s ON p.person_id = s.person_id
LEFT JOIN dead AS d ON p.person_id = d.person_id
