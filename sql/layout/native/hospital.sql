-- hospital: one hospital, as the native layout has it.
-- Grain: one hospital. Optional columns that the files lack are null.
SELECT
    hospital_id,
    hospital_name,
    timezone,
    country
FROM source.hospital
