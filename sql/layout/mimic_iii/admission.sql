-- One row per stay in hospital.
-- age_years: follows from the date of birth; above 89, which the source hides, 90.
-- discharge_status: died where the flag, the moment of death or the place says so.
-- Source: MIMIC-III admissions, patients; prepared.weight_height.
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
    CASE WHEN s.admittime - p.dob > INTERVAL 54000 DAY THEN 90 END AS age_years,
    b.weight_kg,
    b.height_cm,
    NULL AS current_smoker,
    CASE
        WHEN s.hospital_expire_flag = 1 OR s.deathtime IS NOT NULL THEN 'died'
        WHEN s.place IN ('died', 'dead/expired') THEN 'died'
        WHEN s.place = 'short_term_hospital' OR s.place LIKE 'disc_tran%' THEN 'transferred'
        WHEN s.place LIKE 'left_against%' THEN 'against_advice'
        WHEN s.place LIKE 'home%' OR s.place LIKE 'hospice%' OR s.place LIKE 'snf%' THEN 'alive'
        WHEN
            s.place IN (
                'rehab/distinct_part_hosp', 'long_term_care_hospital', 'icf', 'other_facility',
                'disch_tran_to_psych_hosp'
            )
            THEN 'alive'
        WHEN s.place IS NULL THEN 'unknown'
        ELSE s.discharge_location
    END AS discharge_status
FROM spelled AS s
LEFT JOIN source.patients AS p ON s.subject_id = p.subject_id
LEFT JOIN prepared.weight_height AS b ON s.hadm_id = b.hadm_id
