-- One row per vital sign as read, with its stay.
-- Grain: row of resolved.vital.
SELECT
    r.*,
    s.* EXCLUDE (admission_id)
FROM resolved.vital AS r
LEFT JOIN gate.stay AS s ON r.admission_id = s.admission_id
