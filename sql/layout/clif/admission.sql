-- One row per hospitalization. weight_kg, height_cm: the first recorded above zero.
-- Source: CLIF hospitalization and vitals. discharge_status: categories of 2.1 ("Acute Care
-- Hospital") and 3.0 (acute_care_hosp); hospice is a discharge alive; a missing one is unknown; any
-- other word stays as it is written.
WITH first_value AS (
    SELECT
        v.hospitalization_id,
        c.name AS vital_category,
        ARG_MIN(
            v.vital_value, (COALESCE(v.measured_dttm, v.recorded_dttm), v.vital_value)
        ) AS vital_value
    FROM source.clif_vitals AS v
    INNER JOIN prepared.vital_category AS c ON v.vital_category = c.vital_category
    WHERE c.name IN ('weight', 'height') AND v.vital_value > 0 AND ISFINITE(v.vital_value)
    GROUP BY v.hospitalization_id, c.name
),

body AS (
    SELECT
        hospitalization_id,
        ANY_VALUE(vital_value) FILTER (WHERE vital_category = 'weight') AS weight_kg,
        ANY_VALUE(vital_value) FILTER (WHERE vital_category = 'height') AS height_cm
    FROM first_value
    GROUP BY hospitalization_id
),

left_for AS (
    SELECT
        *,
        PLAIN_WORD(discharge_category) AS place
    FROM source.clif_hospitalization
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
        WHEN h.place = 'expired' THEN 'died'
        WHEN h.place IN ('ama', 'against_medical_advice_(ama)', 'against_medical_advice')
            THEN 'against_advice'
        WHEN h.place IN ('acute_care_hosp', 'acute_care_hospital') THEN 'transferred'
        WHEN
            h.place IN (
                'home', 'hospice', 'snf', 'skilled_nursing_facility_(snf)', 'acute_ip_rehab',
                'acute_inpatient_rehab_facility', 'ltach', 'long_term_care_hospital_(ltach)',
                'mental_health_hosp', 'psychiatric_hospital', 'group_home', 'assisted_living',
                'chemical_dependency', 'shelter', 'jail'
            )
            THEN 'alive'
        WHEN h.place IS NULL OR h.place IN ('missing', 'other', 'still_admitted') THEN 'unknown'
        ELSE h.discharge_category
    END AS discharge_status
FROM left_for AS h
INNER JOIN prepared.stay AS s ON h.hospitalization_id = s.hospitalization_id
LEFT JOIN body AS b ON h.hospitalization_id = b.hospitalization_id
