-- One row per patient and hospital. CLIF patients have one id in all hospitals of an extract.
-- Source: CLIF patient. sex: categories of 2.1 (Male) and 3.0 (male).
WITH seen AS (
    SELECT DISTINCT
        hospital_id,
        patient_id
    FROM prepared.stay
)

SELECT
    s.hospital_id,
    p.patient_id,
    p.patient_id AS person_id,
    p.birth_date,
    p.death_dttm AS death_at,
    CASE LOWER(p.sex_category)
        WHEN 'male' THEN 'male'
        WHEN 'female' THEN 'female'
        WHEN 'unknown' THEN 'unknown'
        ELSE CASE WHEN p.sex_category IS NULL THEN 'unknown' ELSE 'other' END
    END AS sex
FROM source.clif_patient AS p
INNER JOIN seen AS s ON p.patient_id = s.patient_id
