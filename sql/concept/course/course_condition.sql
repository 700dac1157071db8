-- Whether each complication arose in the stay after time zero (incident: absent at baseline).
-- Grain: candidate admission with any diagnosis code, and condition (`variable`); no row where
-- nothing was coded (NULL, not absent).
-- value: TRUE a code that began at or after time zero and none that began before; FALSE not coded,
-- or already there at baseline; NULL coded with no hint of when it began, or in a row set aside.
-- A code flagged as arisen in the stay, undated or dated to the day of time zero only, began after
-- time zero when time zero is the admission.
-- $conditions: conditions of the code list (table ref.condition).
WITH wanted AS (
    SELECT DISTINCT UNNEST($conditions) AS variable
),

coded AS (
    SELECT DISTINCT d.admission_id
    FROM diagnosis AS d
    SEMI JOIN candidate AS c ON d.admission_id = c.admission_id
),

onset AS (
    SELECT
        d.admission_id,
        r.condition AS variable,
        CASE
            WHEN d.present_on_admission THEN 'baseline'
            WHEN d.diagnosed_at >= c.time_zero THEN 'incident'
            WHEN
                NOT d.present_on_admission AND c.time_zero <= c.admitted_at
                AND COALESCE(d.diagnosed_at = DATE_TRUNC('day', c.time_zero), TRUE) THEN 'incident'
            WHEN d.diagnosed_at < c.time_zero THEN 'baseline'
            ELSE 'unknown'
        END AS began
    FROM diagnosis AS d
    INNER JOIN candidate AS c ON d.admission_id = c.admission_id
    INNER JOIN ref.condition AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    WHERE r.condition IN (SELECT w.variable FROM wanted AS w)
),

summary AS (
    SELECT
        admission_id,
        variable,
        CASE
            WHEN BOOL_OR(began = 'baseline') THEN FALSE
            WHEN BOOL_OR(began = 'unknown') THEN NULL
            ELSE TRUE
        END AS value
    FROM onset
    GROUP BY ALL
)

SELECT
    c.admission_id,
    w.variable,
    CASE
        WHEN s.admission_id IS NOT NULL THEN s.value
        WHEN NOT UNREAD('diagnosis', w.variable, c.admission_id) THEN FALSE
    END AS value
FROM coded AS c
CROSS JOIN wanted AS w
LEFT JOIN summary AS s ON c.admission_id = s.admission_id AND w.variable = s.variable
