-- Whether the age at admission lies in [min, max]. NULL: age unknown.
-- Grain: admission.
SELECT
    admission_id,
    age_years >= COALESCE($min, 0) AND age_years <= COALESCE($max, 200) AS met,
    admitted_at AS first_at
FROM eligible
