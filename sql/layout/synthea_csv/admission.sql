-- One row per stay. age_years: follows from the date of birth. discharge_status: died where the
-- death lies in the stay, else alive (the simulation records every death).
-- Source: Synthea CSV encounters, patients, observations (prepared.stay, prepared.body).
WITH measured AS (
    SELECT
        s.encounter,
        ARG_MAX(b.value, b.measured_at) FILTER (WHERE b.name = 'weight') AS weight_kg,
        ARG_MAX(b.value, b.measured_at) FILTER (WHERE b.name = 'height') AS height_cm
    FROM prepared.stay AS s
    INNER JOIN prepared.body AS b
        ON
            s.patient = b.patient
            AND b.measured_at BETWEEN s.started_at - INTERVAL 365 DAY AND s.stopped_at
    GROUP BY s.encounter
)

SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    s.patient AS patient_id,
    s.started_at AS admitted_at,
    s.stopped_at AS discharged_at,
    NULL AS symptom_onset_at,
    NULL AS age_years,
    m.weight_kg,
    m.height_cm,
    NULL AS current_smoker,
    CASE WHEN s.death_at BETWEEN s.started_at AND s.stopped_at THEN 'died' ELSE 'alive' END
        AS discharge_status
FROM prepared.stay AS s
LEFT JOIN measured AS m ON s.encounter = m.encounter
