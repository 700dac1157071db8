-- Whether each respiratory device was in use between time zero and discharge.
-- Grain: candidate admission and device (`variable`). value: TRUE begun in that time, or begun
-- before and still on (no end on record: still on); FALSE not; NULL when the hospital sends no
-- respiratory support at all, a row of it was set aside, or nobody knows which device was in use.
-- $codes: devices.
WITH wanted AS (
    SELECT DISTINCT UNNEST($codes) AS variable
),

used AS (
    SELECT DISTINCT
        r.admission_id,
        r.device AS variable
    FROM respiratory_support AS r
    INNER JOIN candidate AS c ON r.admission_id = c.admission_id
    WHERE
        (r.device IS NULL OR r.device IN (SELECT w.variable FROM wanted AS w))
        AND IN_USE(r.started_at, r.stopped_at, c.time_zero, c.discharged_at)
)

SELECT
    c.admission_id,
    w.variable,
    CASE
        WHEN u.admission_id IS NOT NULL THEN TRUE
        WHEN n.admission_id IS NOT NULL THEN NULL
        WHEN UNREAD('respiratory_support', w.variable, c.admission_id) THEN NULL
        WHEN SENDS('respiratory_support', c.admission_id) THEN FALSE
    END AS value
FROM candidate AS c
CROSS JOIN wanted AS w
LEFT JOIN used AS u ON c.admission_id = u.admission_id AND w.variable = u.variable
LEFT JOIN used AS n ON c.admission_id = n.admission_id AND n.variable IS NULL
