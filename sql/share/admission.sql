-- The share of a hospital in which each of its admissions is worked on.
-- Grain: admission id. Shares are contiguous ranges of patients, of about as many admissions each;
-- all admissions of a patient are in one. Rows of one admission id that name several patients count
-- for the first of them. share_number: 1 to $n_shares.
WITH owner AS (
    SELECT
        admission_id,
        MIN(patient_id) AS patient_id
    FROM mapped.admission
    WHERE admission_id IS NOT NULL
    GROUP BY admission_id
),

patient AS (
    SELECT
        patient_id,
        COUNT(*) AS n_admissions
    FROM owner
    GROUP BY patient_id
),

placed AS (
    SELECT
        patient_id,
        SUM(n_admissions) OVER (ORDER BY patient_id NULLS FIRST) - n_admissions AS n_before,
        SUM(n_admissions) OVER () AS n_all
    FROM patient
)

SELECT
    o.admission_id,
    (1 + p.n_before * $n_shares // p.n_all)::INTEGER AS share_number
FROM owner AS o
INNER JOIN placed AS p ON o.patient_id IS NOT DISTINCT FROM p.patient_id
