-- One row per coded diagnosis of the discharge. Nobody recorded when it was made or whether it was
-- present on admission.
-- Source: MIMIC-IV diagnoses_icd.
SELECT
    'BIDMC' AS hospital_id,
    hadm_id AS admission_id,
    TRIM(icd_code) AS code,
    NULL AS present_on_admission,
    NULL AS diagnosed_at,
    CASE icd_version WHEN 9 THEN 'ICD9CM' WHEN 10 THEN 'ICD10CM' ELSE 'local' END AS vocabulary
FROM source.diagnoses_icd
