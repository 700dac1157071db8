-- One row per admission to an intensive care unit, which Synthea writes as an encounter of its own.
-- Source: Synthea CSV encounters, SNOMED CT 305351004.
SELECT
    hospital_id,
    encounter AS admission_id,
    started_at,
    stopped_at
FROM prepared.stay
WHERE in_intensive_care
