-- Whether each finding was recorded as present between time zero and discharge (without one, ever
-- after).
-- Grain: candidate admission and finding (`variable`). value: TRUE any record of presence; FALSE
-- only records of absence; NULL nothing was recorded, or a row of it was set aside.
-- $codes: finding codes.
WITH wanted AS (
    SELECT DISTINCT UNNEST($codes) AS variable
),

seen AS (
    SELECT
        f.admission_id,
        f.finding_code AS variable,
        BOOL_OR(f.present) AS present
    FROM finding AS f
    INNER JOIN candidate AS c ON f.admission_id = c.admission_id
    WHERE
        f.finding_code IN (SELECT w.variable FROM wanted AS w)
        AND f.present IS NOT NULL
        AND f.observed_at > c.time_zero
        AND COALESCE(f.observed_at <= END_OF_STAY(c.discharged_at), TRUE)
    GROUP BY ALL
)

SELECT
    c.admission_id,
    w.variable,
    CASE
        WHEN s.present THEN TRUE
        WHEN UNREAD('finding', w.variable, c.admission_id) THEN NULL
        ELSE s.present
    END AS value
FROM candidate AS c
CROSS JOIN wanted AS w
LEFT JOIN seen AS s ON c.admission_id = s.admission_id AND w.variable = s.variable
