-- One row per billing diagnosis. CLIF gives it no time.
-- Source: CLIF hospital_diagnosis. present_on_admission is null where the source does not say.
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    d.diagnosis_code AS code,
    UPPER(REPLACE(REPLACE(d.diagnosis_code_format, '-', ''), ' ', '')) AS vocabulary,
    CASE d.poa_present WHEN 1 THEN TRUE WHEN 0 THEN FALSE END AS present_on_admission,
    NULL AS diagnosed_at
FROM source.clif_hospital_diagnosis AS d
INNER JOIN prepared.stay AS s ON d.hospitalization_id = s.hospitalization_id
