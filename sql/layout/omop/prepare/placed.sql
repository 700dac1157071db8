-- The rows of an event table with the admission that each belongs to: that of its visit; one
-- without a visit belongs to the stay of its person in which it falls.
-- Macro prepared.placed('source.<table>', moment). Grain: row of that table, in an admission.
-- happened_at: `moment`, an expression over the columns of that table.
SELECT
    v.hospital_id,
    v.admission_id,
    moment AS happened_at,
    e.*
FROM QUERY_TABLE(event) AS e
INNER JOIN prepared.visit AS v ON e.visit_occurrence_id = v.visit_occurrence_id
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    moment AS happened_at,
    e.*
FROM QUERY_TABLE(event) AS e
INNER JOIN prepared.visit_stay AS s
    ON e.person_id = s.person_id AND moment BETWEEN s.admitted_at AND s.discharged_at
WHERE e.visit_occurrence_id IS NULL
