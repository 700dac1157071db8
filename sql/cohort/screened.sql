-- One row per admission that the gate let through, with what the criteria and the cohort need.
-- Grain: admission. person_id: NULL where the network does not know the person.
-- age_years: as recorded, else full years from birth to admission; before the first birthday days /
-- 365.25, so that a newborn is not a child of 0 to 364 days.
SELECT
    a.hospital_id,
    a.admission_id,
    a.patient_id,
    p.person_id::VARCHAR AS person_id,
    a.admitted_at,
    a.discharged_at,
    a.discharge_status,
    a.symptom_onset_at,
    p.death_at,
    COALESCE(
        a.age_years,
        CASE
            WHEN DATE_SUB('year', p.birth_date, a.admitted_at::DATE) = 0
                THEN DATE_DIFF('day', p.birth_date, a.admitted_at::DATE) / 365.25
            ELSE DATE_SUB('year', p.birth_date, a.admitted_at::DATE)
        END::DOUBLE
    ) AS age_years,
    CASE p.sex WHEN 'male' THEN TRUE WHEN 'female' THEN FALSE END AS male,
    a.current_smoker,
    a.weight_kg,
    a.height_cm
FROM admission AS a
LEFT JOIN patient AS p
    ON a.hospital_id = p.hospital_id AND a.patient_id = p.patient_id
