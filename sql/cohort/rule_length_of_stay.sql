-- Whether the stay lasted [min, max] hours. NULL: not discharged.
-- Grain: admission. first_at: when it had lasted min hours.
SELECT
    admission_id,
    DATE_DIFF('second', admitted_at, discharged_at) / 3600.0
    BETWEEN COALESCE($min, 0) AND COALESCE($max, 1e9) AS met,
    admitted_at + TO_SECONDS(COALESCE($min, 0) * 3600) AS first_at
FROM eligible
