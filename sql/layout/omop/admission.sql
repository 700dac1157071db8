-- One row per admission (visits collapsed). weight_kg, height_cm: the first measured above zero
-- with a unit that is known. age_years: years between the calendar years where the month of birth
-- is not known, else null (it follows from the date of birth).
-- discharge_status: died when the death lies in the stay; 0 in discharged_to is a discharge home
-- (CDM); a place named died, expired, against medical advice or hospital as named; null is unknown.
-- Source: visit_occurrence, person, death, measurement.
WITH dead AS (
    SELECT
        person_id,
        MIN(death_date) AS death_date
    FROM source.death
    GROUP BY person_id
),

body AS (
    SELECT
        v.admission_id,
        g.name,
        ARG_MIN(
            m.value_as_number * f.factor,
            (COALESCE(m.measurement_datetime, m.measurement_date::TIMESTAMP), m.value_as_number)
        ) AS value
    FROM source.measurement AS m
    INNER JOIN prepared.meaning AS g
        ON
            m.measurement_concept_id = g.concept_id
            AND g.kind = 'vital' AND g.name IN ('weight', 'height')
    INNER JOIN prepared.visit AS v ON m.visit_occurrence_id = v.visit_occurrence_id
    LEFT JOIN prepared.unit AS u ON m.unit_concept_id = u.concept_id
    INNER JOIN ref.unit AS f
        ON
            g.name = f.variable
            AND f.unit = CASE COALESCE(u.unit, m.unit_source_value)
                WHEN '[lb_av]' THEN 'lb' WHEN '[in_i]' THEN 'in'
                ELSE COALESCE(u.unit, m.unit_source_value)
            END
    WHERE m.value_as_number > 0
    GROUP BY v.admission_id, g.name
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
        WHEN d.death_date BETWEEN s.admitted_at::DATE AND s.discharged_at::DATE THEN 'died'
        WHEN REGEXP_MATCHES(c.concept_name, 'died|expired|deceased', 'i') THEN 'died'
        WHEN c.concept_name ILIKE '%against medical advice%' THEN 'against_advice'
        WHEN c.concept_name ILIKE '%hospital%' THEN 'transferred'
        WHEN s.discharged_to = 0 OR c.concept_name IS NOT NULL THEN 'alive'
        ELSE 'unknown'
    END AS discharge_status
FROM prepared.visit_stay AS s
INNER JOIN source.person AS p ON s.person_id = p.person_id
LEFT JOIN dead AS d ON s.person_id = d.person_id
LEFT JOIN source.concept AS c ON s.discharged_to = c.concept_id AND c.concept_id <> 0
LEFT JOIN body AS w ON s.admission_id = w.admission_id AND w.name = 'weight'
LEFT JOIN body AS h ON s.admission_id = h.admission_id AND h.name = 'height'
