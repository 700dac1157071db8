-- One row per stay in hospital.
-- age_years: anchor_age and the calendar years since; 91 stands for above 89.
-- discharge_status: died where the flag, the moment of death or the place says so.
-- Source: MIMIC-IV admissions, patients; prepared.weight_height.
WITH spelled AS (
    SELECT
        *,
        PLAIN_WORD(discharge_location) AS place
    FROM source.admissions
)

SELECT
    'BIDMC' AS hospital_id,
    s.hadm_id AS admission_id,
    s.subject_id AS patient_id,
    s.admittime AS admitted_at,
    s.dischtime AS discharged_at,
    NULL AS symptom_onset_at,
    p.anchor_age + YEAR(s.admittime) - p.anchor_year AS age_years,
    b.weight_kg,
    b.height_cm,
    NULL AS current_smoker,
    CASE
        WHEN s.hospital_expire_flag = 1 OR s.deathtime IS NOT NULL THEN 'died'
        WHEN s.place IN ('died', 'dead/expired') THEN 'died'
        WHEN s.place IN ('acute_hospital', 'short_term_hospital') THEN 'transferred'
        WHEN s.place = 'against_advice' THEN 'against_advice'
        WHEN
            s.place IN (
                'home', 'home_health_care', 'skilled_nursing_facility', 'rehab',
                'chronic/long_term_acute_care', 'hospice', 'psych_facility', 'assisted_living',
                'other_facility', 'healthcare_facility'
            )
            THEN 'alive'
        WHEN s.place IS NULL THEN 'unknown'
        ELSE s.discharge_location
    END AS discharge_status
FROM spelled AS s
LEFT JOIN source.patients AS p ON s.subject_id = p.subject_id
LEFT JOIN prepared.weight_height AS b ON s.hadm_id = b.hadm_id
