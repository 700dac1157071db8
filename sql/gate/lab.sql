-- One row per lab result as read, with its stay.
-- Grain: row of resolved.lab.
SELECT
    r.*,
    s.* EXCLUDE (admission_id)
FROM resolved.lab AS r
LEFT JOIN gate.stay AS s ON r.admission_id = s.admission_id
