-- Septic shock as the severity that admits to a study, and its first moment as time zero.
-- Grain: eligible admission; met and first_at of septic_shock. Needs septic_shock.
SELECT
    admission_id,
    met,
    first_at
FROM septic_shock
