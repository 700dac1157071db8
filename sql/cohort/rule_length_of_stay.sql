-- Whether the stay lasted [min, max] hours. NULL: not discharged.
-- Grain: admission.
SELECT
    admission_id,
    DATE_DIFF('second', admitted_at, discharged_at) / 3600.0
    BETWEEN COALESCE($min, 0) AND COALESCE($max, 1e9) AS met,
    admitted_at AS first_at
FROM eligible
