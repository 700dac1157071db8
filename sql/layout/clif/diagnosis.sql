-- One row per billing diagnosis. CLIF gives it no time.
-- Source: CLIF hospital_diagnosis. vocabulary: the format, a bare 10 or 9 being ICD-10-CM and
-- ICD-9-CM, else what stands before the code ("ICD10CM:I10"). present_on_admission is null where
-- the source does not say.
WITH spelled AS (
    SELECT
        *,
        UPPER(REPLACE(PLAIN_WORD(diagnosis_code_format), '_', '')) AS format,
        UPPER(REGEXP_REPLACE(
            REGEXP_EXTRACT(diagnosis_code, '^\s*(ICD[-_ ]?(?:9|10)[-_ ]?(?:CM)?)\s*[:|]', 1, 'i'),
            '[-_ ]', '', 'g'
        )) AS before_code,
        REGEXP_REPLACE(
            diagnosis_code, '^\s*ICD[-_ ]?(?:9|10)[-_ ]?(?:CM)?\s*[:|]\s*', '', 'i'
        ) AS code
    FROM source.clif_hospital_diagnosis
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    d.code,
    CASE
        WHEN d.format IN ('10', '10CM', 'ICD10CM') THEN 'ICD10CM'
        WHEN d.format IN ('9', '9CM', 'ICD9', 'ICD9CM') THEN 'ICD9CM'
        ELSE COALESCE(NULLIF(d.format, ''), NULLIF(d.before_code, ''))
    END AS vocabulary,
    CASE d.poa_present WHEN 1 THEN TRUE WHEN 0 THEN FALSE END AS present_on_admission,
    NULL AS diagnosed_at
FROM spelled AS d
INNER JOIN prepared.stay AS s ON d.hospitalization_id = s.hospitalization_id
