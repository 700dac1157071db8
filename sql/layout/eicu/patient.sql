-- One row per patient and hospital. A person has one id in all hospitals (uniquepid).
-- Source: eICU patient. death_at, birth_date: none; a death in the stay is its discharge status.
-- Of a person of two sexes there are two rows; an unknown one beside a known one is left out.
WITH told AS (
    SELECT DISTINCT
        hospitalid::VARCHAR AS hospital_id,
        uniquepid,
        CASE WHEN PLAIN_WORD(gender) <> 'unknown' THEN PLAIN_WORD(gender) END AS sex
    FROM source.patient
)

SELECT
    hospital_id,
    uniquepid AS patient_id,
    uniquepid AS person_id,
    NULL AS birth_date,
    NULL AS death_at,
    COALESCE(sex, 'unknown') AS sex
FROM told
QUALIFY sex IS NOT NULL OR COUNT(sex) OVER (PARTITION BY hospital_id, uniquepid) = 0
