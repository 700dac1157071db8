-- The rows of an event table with the admission that each belongs to: its own hadm_id, else the
-- stay of its person in which it falls (of several the one that began last), the emergency
-- department before it included. Macro prepared.placed('source.<table>', moment).
-- Grain: row of that table, in an admission. Source: prepared.stay.
WITH dated AS (
    SELECT
        *,
        moment AS happened_at
    FROM QUERY_TABLE(event)
),

beside AS (
    SELECT
        e.*,
        COALESCE(
            e.hadm_id, CASE WHEN e.happened_at <= s.dischtime THEN s.hadm_id END
        ) AS admission_id
    FROM dated AS e
    ASOF LEFT JOIN prepared.stay AS s
        ON e.subject_id = s.subject_id AND e.happened_at >= s.arrived_at
)

SELECT *
FROM beside
WHERE admission_id IS NOT NULL
