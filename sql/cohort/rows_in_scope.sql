-- How many rows of one event table (bound as view `event_row`) each candidate admission has.
-- Grain: admission.
SELECT
    e.admission_id,
    COUNT(*) AS n_rows
FROM event_row AS e
SEMI JOIN candidate AS c ON e.admission_id = c.admission_id
GROUP BY e.admission_id
