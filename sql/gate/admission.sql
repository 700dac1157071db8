-- One row per admission row as read, with its patient and the stay before it.
-- Grain: row of resolved.admission. patient_*: from the patient row that the gate kept, without the
-- death that it took away. known_age_years: recorded, else from birth to admission. copies_differ:
-- the same id with other times or another patient.
-- Only rows whose id or whose patient is there several times are compared with each other; rows
-- that lack the one or the other are not, by it.
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
),

repeated_id AS (
    SELECT
        admission_id,
        TRUE AS is_repeated
    FROM resolved.admission
    WHERE admission_id IS NOT NULL
    GROUP BY admission_id
    HAVING COUNT(*) > 1
),

returned AS (
    SELECT
        patient_id,
        TRUE AS is_returning
    FROM resolved.admission
    WHERE patient_id IS NOT NULL
    GROUP BY patient_id
    HAVING COUNT(*) > 1
),

joined AS (
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
        COALESCE(r.is_repeated, b.is_returning, FALSE) AS is_compared
    FROM resolved.admission AS a
    LEFT JOIN known_patient AS k ON a.patient_id = k.patient_id
    LEFT JOIN kept_patient AS p ON a.patient_id = p.patient_id
    LEFT JOIN repeated_id AS r ON a.admission_id = r.admission_id
    LEFT JOIN returned AS b ON a.patient_id = b.patient_id
)

SELECT
    * EXCLUDE (is_compared),
    FALSE AS copies_differ,
    1 AS copy_number,
    NULL::TIMESTAMP AS previous_discharged_at
FROM joined
WHERE NOT is_compared
UNION ALL
SELECT
    * EXCLUDE (is_compared),
    admission_id IS NOT NULL AND (
        COALESCE(MIN(admitted_at) OVER same_id <> MAX(admitted_at) OVER same_id, FALSE)
        OR COALESCE(MIN(discharged_at) OVER same_id <> MAX(discharged_at) OVER same_id, FALSE)
        OR COALESCE(MIN(patient_id) OVER same_id <> MAX(patient_id) OVER same_id, FALSE)
    ) AS copies_differ,
    CASE
        WHEN admission_id IS NULL THEN 1
        ELSE ROW_NUMBER() OVER (
            PARTITION BY admission_id
            ORDER BY admitted_at, discharged_at, patient_id, discharge_status
        )
    END AS copy_number,
    CASE
        WHEN patient_id IS NOT NULL
            THEN LAG(discharged_at) OVER (
                PARTITION BY patient_id
                ORDER BY admitted_at, admission_id
            )
    END AS previous_discharged_at
FROM joined
WHERE is_compared
WINDOW same_id AS (PARTITION BY admission_id)
