-- One row per admission row as read, with its patient and the stay before it.
-- Grain: row of resolved.admission. patient_*: from the patient row that the gate kept; death_at is
-- null where the gate took it away. copies_differ: the same id with other times or another patient.
-- Source: bad-data catalogue, kinds 20 to 27 and 37.
WITH one_patient AS (
    SELECT
        patient_id,
        ARG_MIN(birth_date, copy_number) AS patient_birth_date,
        ARG_MIN(death_at, copy_number) AS patient_death_at,
        BOOL_AND(reason IS NOT NULL) AS patient_rejected,
        TRUE AS patient_known
    FROM gate.patient_judged
    GROUP BY patient_id
)

SELECT
    a.*,
    p.patient_birth_date,
    p.patient_rejected,
    CASE WHEN NOT p.patient_rejected THEN p.patient_death_at END AS patient_death_at,
    COALESCE(p.patient_known, FALSE) AS patient_known,
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
LEFT JOIN one_patient AS p ON a.patient_id = p.patient_id
WINDOW same_id AS (PARTITION BY a.admission_id)
