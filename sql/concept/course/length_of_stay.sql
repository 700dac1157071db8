-- Length of the hospital stay in days, from admission to discharge, fractions kept.
-- Grain: candidate admission. value: NULL while not discharged.
SELECT
    admission_id,
    DATE_DIFF('microsecond', admitted_at, discharged_at) / 86400e6 AS value
FROM candidate
