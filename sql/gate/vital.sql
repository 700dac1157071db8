-- One row per vital sign as read, with its limits and its stay.
-- Grain: row of resolved.vital.
SELECT
    r.*,
    l.hard_lo,
    l.soft_lo,
    l.soft_hi,
    l.hard_hi,
    s.* EXCLUDE (admission_id)
FROM resolved.vital AS r
LEFT JOIN ref."limit" AS l ON r.vital_code = l.variable
LEFT JOIN gate.stay AS s ON r.admission_id = s.admission_id
