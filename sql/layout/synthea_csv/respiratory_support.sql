-- One row per procedure of support in a stay, from its start to its end.
-- Source: Synthea CSV procedures, by SNOMED CT. A procedure without an end has none.
WITH known (code, device) AS (
    VALUES
    ('26763009', 'imv'), ('40617009', 'imv'), ('243147009', 'imv'), ('428311008', 'niv'),
    ('371907003', 'nasal_cannula'), ('371908008', 'face_mask')
)

SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    k.device,
    NULL AS fio2,
    COALESCE(p.start, p.date) AS started_at,
    p.stop AS stopped_at
FROM source.procedures AS p
INNER JOIN known AS k ON p.code = k.code
INNER JOIN prepared.stay AS s ON p.encounter = s.encounter
