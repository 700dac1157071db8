-- One row per admission row as read, with its patient and the stay before it.
-- Grain: row of resolved.admission. patient_*: from the patient row that the gate kept, without the
-- death that it took away. known_age_years: recorded, else from birth to admission. copies_differ:
-- the same id with other times or another patient.
-- Source: bad-data catalogue, kinds 20 to 27 and 37.
WITH known_patient AS (
    SELECT
        patient_id,
        BOOL_AND(reason IS NOT NULL) AS patient_rejected,
        TRUE AS patient_known
    FROM gate.patient_judged
    GROUP BY patient_id
),

kept_patient AS (
    SELECT
        patient_id,
        MIN(birth_date) AS patient_birth_date,
        MIN(death_at) AS patient_death_at
    FROM main.patient
    GROUP BY patient_id
)

SELECT
    a.*,
    k.patient_rejected,
    COALESCE(k.patient_known, FALSE) AS patient_known,
    p.patient_birth_date,
    p.patient_death_at,
    CASE
        WHEN a.age_years BETWEEN 0 AND 120 THEN a.age_years
        ELSE DATE_DIFF('day', p.patient_birth_date, a.admitted_at::DATE) / 365.25
    END AS known_age_years,
    COALESCE(MIN(a.admitted_at) OVER same_id <> MAX(a.admitted_at) OVER same_id, FALSE)
    OR COALESCE(MIN(a.discharged_at) OVER same_id <> MAX(a.discharged_at) OVER same_id, FALSE)
    OR COALESCE(MIN(a.patient_id) OVER same_id <> MAX(a.patient_id) OVER same_id, FALSE)
        AS copies_differ,
    ROW_NUMBER() OVER (
        PARTITION BY a.admission_id
        ORDER BY a.admitted_at, a.discharged_at, a.patient_id, a.discharge_status
    ) AS copy_number,
    LAG(a.discharged_at) OVER (
        PARTITION BY a.patient_id
        ORDER BY a.admitted_at, a.admission_id
    ) AS previous_discharged_at
FROM resolved.admission AS a
LEFT JOIN known_patient AS k ON a.patient_id = k.patient_id
LEFT JOIN kept_patient AS p ON a.patient_id = p.patient_id
WINDOW same_id AS (PARTITION BY a.admission_id)
