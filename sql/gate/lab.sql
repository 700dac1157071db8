-- One row per lab result as read, with its limits and its stay.
-- Grain: row of resolved.lab. Limits are in the analyte's standard unit; null where none is known.
SELECT
    r.*,
    l.hard_lo,
    l.soft_lo,
    l.soft_hi,
    l.hard_hi,
    s.* EXCLUDE (admission_id)
FROM resolved.lab AS r
LEFT JOIN ref."limit" AS l ON r.analyte = l.variable
LEFT JOIN gate.stay AS s ON r.admission_id = s.admission_id
