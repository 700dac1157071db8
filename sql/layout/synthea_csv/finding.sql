-- One row per sign or symptom that Synthea records as a condition of a stay.
-- Source: Synthea CSV conditions, by SNOMED CT.
WITH known (code, finding_code) AS (
    VALUES
    ('386661006', 'fever'), ('49727002', 'cough'), ('248595008', 'sputum'), ('267036007', 'dyspnea')
)

SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    k.finding_code,
    TRUE AS present,
    GREATEST(c.start, s.started_at) AS observed_at
FROM source.conditions AS c
INNER JOIN known AS k ON c.code = k.code
INNER JOIN prepared.stay AS s ON c.encounter = s.encounter
