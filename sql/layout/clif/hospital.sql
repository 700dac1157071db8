-- One row per hospital that has a hospitalization.
-- Source: CLIF adt.hospital_id; the time zone is the study's.
SELECT DISTINCT
    hospital_id,
    NULL AS hospital_name,
    $timezone::VARCHAR AS timezone,
    NULL AS country
FROM prepared.stay
