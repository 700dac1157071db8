-- Whether each chronic condition is coded for the admission as something the patient came with.
-- Grain: admission and condition (`variable`); no row for an admission without any diagnosis code,
-- which says nothing (NULL, not absent).
-- value: TRUE a code that was there: flagged present on admission, or without a flag and known by
-- the day of the anchor; NULL where the only code came later in the stay and no flag says whether
-- it was there before, or where a code of it was set aside; else FALSE (not coded, or flagged as
-- arisen in the stay).
-- A code without flag that has no date, or the date of the discharge (when stays are coded), says
-- nothing of when it began and counts as there.
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
    SELECT
        d.admission_id,
        r.condition AS variable,
        BOOL_OR(
            d.present_on_admission IS TRUE
            OR d.diagnosed_at IS NULL
            OR d.diagnosed_at::DATE <= a.anchor_at::DATE
            OR d.diagnosed_at::DATE >= s.discharged_at::DATE
        ) AS there
    FROM diagnosis AS d
    INNER JOIN anchor AS a ON d.admission_id = a.admission_id
    INNER JOIN candidate AS s ON d.admission_id = s.admission_id
    INNER JOIN ref.condition AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    WHERE
        r.condition IN (SELECT w.variable FROM wanted AS w)
        AND d.present_on_admission IS DISTINCT FROM FALSE
    GROUP BY ALL
)

SELECT
    c.admission_id,
    w.variable,
    CASE
        WHEN f.there THEN TRUE
        WHEN f.admission_id IS NULL AND NOT UNREAD('diagnosis', w.variable, c.admission_id)
            THEN FALSE
    END AS value
FROM coded AS c
CROSS JOIN wanted AS w
LEFT JOIN found AS f ON c.admission_id = f.admission_id AND w.variable = f.variable
