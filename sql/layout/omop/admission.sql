-- One row per admission (visits collapsed). age_years: years between the calendar years where the
-- month of birth is not known, else null (it follows from the date of birth).
-- discharge_status: died when the death lies in the stay; a place named died, expired, against
-- medical advice or hospital as named; 0 in discharged_to is a discharge home (CDM) where the
-- source records deaths at all; else, and where discharged_to is null, unknown.
-- Source: visit_occurrence, person; prepared.vital_status, prepared.weight_height.
WITH records AS (
    SELECT COUNT(*) > 0 AS of_deaths
    FROM prepared.vital_status
)

SELECT
    s.hospital_id,
    s.admission_id,
    s.person_id AS patient_id,
    s.admitted_at,
    s.discharged_at,
    NULL AS symptom_onset_at,
    w.value AS weight_kg,
    h.value AS height_cm,
    NULL AS current_smoker,
    CASE
        WHEN p.month_of_birth IS NULL AND p.birth_datetime IS NULL
            THEN YEAR(s.admitted_at) - p.year_of_birth
    END AS age_years,
    CASE
        WHEN d.death_at::DATE BETWEEN s.admitted_at::DATE AND s.discharged_at::DATE THEN 'died'
        WHEN s.discharged_to = 4216643 THEN 'died'
        WHEN REGEXP_MATCHES(c.concept_name, 'died|expired|deceased', 'i') THEN 'died'
        WHEN c.concept_name ILIKE '%against medical advice%' THEN 'against_advice'
        WHEN c.concept_name ILIKE '%hospital%' THEN 'transferred'
        WHEN c.concept_name IS NOT NULL OR (s.discharged_to = 0 AND r.of_deaths) THEN 'alive'
        ELSE 'unknown'
    END AS discharge_status
FROM prepared.visit_stay AS s
LEFT JOIN source.person AS p ON s.person_id = p.person_id
CROSS JOIN records AS r
LEFT JOIN prepared.vital_status AS d ON s.person_id = d.person_id
LEFT JOIN source.concept AS c ON s.discharged_to = c.concept_id AND c.concept_id <> 0
LEFT JOIN prepared.weight_height AS w ON s.admission_id = w.admission_id AND w.name = 'weight'
LEFT JOIN prepared.weight_height AS h ON s.admission_id = h.admission_id AND h.name = 'height'
