-- One row per hospitalization. weight_kg, height_cm: the first recorded above zero.
-- Source: CLIF hospitalization and vitals. discharge_status: categories of 2.1 ("Acute Care
-- Hospital") and 3.0 (acute_care_hosp); hospice is a discharge alive; a missing one is unknown.
WITH first_value AS (
    SELECT
        hospitalization_id,
        vital_category,
        ARG_MIN(
            vital_value, (COALESCE(measured_dttm, recorded_dttm), vital_value)
        ) AS vital_value
    FROM source.clif_vitals
    WHERE vital_category IN ('weight_kg', 'height_cm') AND vital_value > 0
    GROUP BY hospitalization_id, vital_category
),

body AS (
    SELECT
        hospitalization_id,
        MAX(vital_value) FILTER (WHERE vital_category = 'weight_kg') AS weight_kg,
        MAX(vital_value) FILTER (WHERE vital_category = 'height_cm') AS height_cm
    FROM first_value
    GROUP BY hospitalization_id
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    h.patient_id,
    h.admission_dttm AS admitted_at,
    h.discharge_dttm AS discharged_at,
    NULL AS symptom_onset_at,
    h.age_at_admission AS age_years,
    b.weight_kg,
    b.height_cm,
    NULL AS current_smoker,
    CASE
        WHEN LOWER(h.discharge_category) = 'expired' THEN 'died'
        WHEN LOWER(h.discharge_category) IN ('ama', 'against medical advice (ama)')
            THEN 'against_advice'
        WHEN LOWER(h.discharge_category) IN ('acute_care_hosp', 'acute care hospital')
            THEN 'transferred'
        WHEN
            h.discharge_category IS NULL
            OR LOWER(h.discharge_category)
            IN ('missing', 'other', 'still_admitted', 'still admitted')
            THEN 'unknown'
        ELSE 'alive'
    END AS discharge_status
FROM source.clif_hospitalization AS h
INNER JOIN prepared.stay AS s ON h.hospitalization_id = s.hospitalization_id
LEFT JOIN body AS b ON h.hospitalization_id = b.hospitalization_id
