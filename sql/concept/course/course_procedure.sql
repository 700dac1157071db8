-- Whether each procedure was done or under way between time zero and discharge.
-- Grain: candidate admission and procedure (`variable`). value: TRUE begun in that time (a bare
-- date on the day of time zero counts), or begun before and ended after time zero (without an end
-- it was a moment); FALSE not; NULL when the hospital sends no procedures at all, or a row of it
-- was set aside.
-- $codes: procedure codes.
WITH wanted AS (
    SELECT DISTINCT UNNEST($codes) AS variable
),

done AS (
    SELECT DISTINCT
        p.admission_id,
        p.procedure_code AS variable
    FROM procedure AS p
    INNER JOIN candidate AS c ON p.admission_id = c.admission_id
    WHERE
        p.procedure_code IN (SELECT w.variable FROM wanted AS w)
        AND (
            IN_USE(
                p.started_at, COALESCE(p.stopped_at, p.started_at), c.time_zero, c.discharged_at
            )
            OR p.started_at = DATE_TRUNC('day', c.time_zero)
        )
)

SELECT
    c.admission_id,
    w.variable,
    CASE
        WHEN d.admission_id IS NOT NULL THEN TRUE
        WHEN UNREAD('procedure', w.variable, c.admission_id) THEN NULL
        WHEN SENDS('procedure', c.admission_id) THEN FALSE
    END AS value
FROM candidate AS c
CROSS JOIN wanted AS w
LEFT JOIN done AS d ON c.admission_id = d.admission_id AND w.variable = d.variable
