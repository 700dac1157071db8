-- One row: the data are of one hospital, the Beth Israel Deaconess Medical Center.
-- Source: documentation of MIMIC-III.
SELECT
    'BIDMC' AS hospital_id,
    'Beth Israel Deaconess Medical Center' AS hospital_name,
    'America/New_York' AS timezone,
    'US' AS country
