-- One row per coded diagnosis of the discharge. Nobody recorded when it was made or whether it was
-- present on admission. Rows without a code are left out.
-- Source: MIMIC-III diagnoses_icd.
SELECT
    'BIDMC' AS hospital_id,
    hadm_id AS admission_id,
    TRIM(icd9_code) AS code,
    'ICD9CM' AS vocabulary,
    NULL AS present_on_admission,
    NULL AS diagnosed_at
FROM source.diagnoses_icd
WHERE icd9_code IS NOT NULL
