-- The visits of the source with their hospital.
-- Grain: row of visit_occurrence. hospital_id: the care site of the visit, or its location, as
-- $hospital_level says; else, and for the level of the source, the name of the source.
WITH origin AS (
    SELECT MIN(cdm_source_abbreviation) AS abbreviation
    FROM source.cdm_source
),

site AS (
    SELECT
        care_site_id,
        MIN(location_id) AS location_id
    FROM source.care_site
    GROUP BY care_site_id
)

SELECT
    v.*,
    COALESCE(
        CASE $hospital_level
            WHEN 'care_site' THEN v.care_site_id::VARCHAR
            WHEN 'location' THEN s.location_id::VARCHAR
        END,
        o.abbreviation, 'omop'
    ) AS hospital_id
FROM source.visit_occurrence AS v
CROSS JOIN origin AS o
LEFT JOIN site AS s ON v.care_site_id = s.care_site_id
