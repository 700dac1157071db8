-- One row per hospital that has a stay. eICU has neither names nor time zones.
-- Source: eICU patient.hospitalid; all hospitals are in the United States.
SELECT DISTINCT
    hospital_id,
    NULL AS hospital_name,
    NULL AS timezone,
    'US' AS country
FROM prepared.unit_stay
