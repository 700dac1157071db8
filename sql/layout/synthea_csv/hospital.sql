-- One row per organization that has a stay. Synthea writes moments in UTC and no time zone of a
-- hospital: [extract] timezone of the study file.
-- Source: Synthea CSV encounters, organizations.
SELECT DISTINCT
    s.hospital_id,
    o.name AS hospital_name,
    NULL AS timezone,
    NULL AS country
FROM prepared.stay AS s
LEFT JOIN source.organizations AS o ON s.hospital_id = o.id
