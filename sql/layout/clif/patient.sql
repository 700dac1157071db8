-- One row per patient and hospital. CLIF patients have one id in all hospitals of an extract.
-- Source: CLIF patient. sex: categories of 2.1 (Male) and 3.0 (male); any other word stays as it is
-- written.
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
    CASE
        WHEN PLAIN_WORD(p.sex_category) IN ('male', 'female', 'unknown')
            THEN PLAIN_WORD(p.sex_category)
        ELSE COALESCE(p.sex_category, 'unknown')
    END AS sex
FROM source.clif_patient AS p
INNER JOIN seen AS s ON p.patient_id = s.patient_id
