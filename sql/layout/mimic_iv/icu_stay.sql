-- One row per stay in an intensive care unit.
-- Source: MIMIC-IV icustays.
SELECT
    'BIDMC' AS hospital_id,
    hadm_id AS admission_id,
    intime AS started_at,
    outtime AS stopped_at
FROM source.icustays
WHERE hadm_id IS NOT NULL
