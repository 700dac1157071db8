-- One row per admission (visits collapsed). age_years: years between the calendar years where the
-- month of birth is not known, else null (it follows from the date of birth).
-- discharge_status: died when the death lies in the stay; a place named died, expired, against
-- medical advice or hospital as named; unknown where a death is recorded without a date, or dated
-- before the stay; 0 in discharged_to is a discharge home (CDM) where deaths
-- are recorded at all: in the hospital, or for fewer than 50 stays in the source (50 is assumed);
-- else, and where discharged_to is null, unknown.
-- Source: visit_occurrence, person; prepared.vital_status, prepared.weight_height.
WITH source_deaths AS (
    SELECT COUNT(*) > 0 AS recorded
    FROM prepared.vital_status
),

records AS (
    SELECT
        s.hospital_id,
        BOOL_OR(d.person_id IS NOT NULL) OR (COUNT(*) < 50 AND BOOL_OR(n.recorded)) AS of_deaths
    FROM prepared.visit_stay AS s
    CROSS JOIN source_deaths AS n
    LEFT JOIN prepared.vital_status AS d ON s.person_id = d.person_id
    GROUP BY s.hospital_id
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
        WHEN COALESCE(p.month_of_birth, 0) NOT BETWEEN 1 AND 12 AND p.birth_datetime IS NULL
            THEN YEAR(s.admitted_at) - p.year_of_birth
    END AS age_years,
    CASE
        WHEN d.death_at::DATE BETWEEN s.admitted_at::DATE AND s.discharged_at::DATE THEN 'died'
        WHEN s.discharged_to = 4216643 THEN 'died'
        WHEN REGEXP_MATCHES(c.concept_name, 'died|expired|deceased', 'i') THEN 'died'
        WHEN d.death_at::DATE < s.admitted_at::DATE OR d.undated THEN 'unknown'
        WHEN c.concept_name ILIKE '%against medical advice%' THEN 'against_advice'
        WHEN c.concept_name ILIKE '%hospital%' THEN 'transferred'
        WHEN c.concept_name IS NOT NULL OR (s.discharged_to = 0 AND r.of_deaths) THEN 'alive'
        ELSE 'unknown'
    END AS discharge_status
FROM prepared.visit_stay AS s
LEFT JOIN source.person AS p ON s.person_id = p.person_id
INNER JOIN records AS r ON s.hospital_id = r.hospital_id
LEFT JOIN prepared.vital_status AS d ON s.person_id = d.person_id
LEFT JOIN source.concept AS c ON s.discharged_to = c.concept_id AND c.concept_id <> 0
LEFT JOIN prepared.weight_height AS w ON s.admission_id = w.admission_id AND w.name = 'weight'
LEFT JOIN prepared.weight_height AS h ON s.admission_id = h.admission_id AND h.name = 'height'
