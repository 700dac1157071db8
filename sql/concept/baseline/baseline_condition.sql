-- Whether each chronic condition is coded for the admission as something the patient came with.
-- Grain: admission and condition (`variable`); no row for an admission without any diagnosis code,
-- which says nothing (NULL, not absent).
-- value: TRUE a code not flagged as arisen in the stay (present_on_admission = false); else FALSE.
-- A code without the flag counts: codes of chronic conditions are often dated at discharge.
-- $conditions: conditions of the code list (table ref.condition).
WITH coded AS (
    SELECT DISTINCT d.admission_id
    FROM diagnosis AS d
    SEMI JOIN anchor AS a ON d.admission_id = a.admission_id
),

wanted AS (
    SELECT DISTINCT UNNEST($conditions) AS variable
),

found AS (
    SELECT DISTINCT
        d.admission_id,
        r.condition AS variable
    FROM diagnosis AS d
    SEMI JOIN anchor AS a ON d.admission_id = a.admission_id
    INNER JOIN ref.condition AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    WHERE
        r.condition IN (SELECT w.variable FROM wanted AS w)
        AND d.present_on_admission IS DISTINCT FROM FALSE
)

SELECT
    c.admission_id,
    w.variable,
    f.admission_id IS NOT NULL AS value
FROM coded AS c
CROSS JOIN wanted AS w
LEFT JOIN found AS f ON c.admission_id = f.admission_id AND w.variable = f.variable
