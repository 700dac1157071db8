-- One row per hospital that has an admission.
-- Source: care_site; the time zone is the study's.
WITH seen AS (
    SELECT DISTINCT hospital_id
    FROM prepared.visit_stay
)

SELECT
    s.hospital_id,
    c.care_site_name AS hospital_name,
    $timezone::VARCHAR AS timezone,
    NULL AS country
FROM seen AS s
LEFT JOIN source.care_site AS c ON s.hospital_id = c.care_site_id::VARCHAR
