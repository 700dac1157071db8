-- Whether a drug of each code list was given in [anchor + start, anchor + end).
-- Grain: admission and code list (`variable`). value: TRUE given; FALSE not given; NULL when the
-- hospital sends no administrations at all, or one was set aside that may be of the list ('*': of
-- any).
-- $codelists: code lists. $start_hours, $end_hours: the window around table `anchor`; $end_hours
-- NULL: to the end of the stay.
WITH wanted AS (
    SELECT DISTINCT UNNEST($codelists) AS variable
),

treated AS (
    SELECT DISTINCT
        m.admission_id,
        i.codelist AS variable
    FROM GIVEN('medication') AS m
    INNER JOIN anchor AS a ON m.admission_id = a.admission_id
    INNER JOIN ref.included AS i ON m.drug = i.drug
    WHERE
        i.codelist IN (SELECT w.variable FROM wanted AS w)
        AND m.started_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
        AND ($end_hours IS NULL OR m.started_at < a.anchor_at + TO_SECONDS($end_hours * 3600))
),

doubted AS (
    SELECT DISTINCT
        u.admission_id,
        w.variable
    FROM unread_event AS u
    INNER JOIN anchor AS a ON u.admission_id = a.admission_id
    INNER JOIN wanted AS w ON u.variable IN (w.variable, '*')
    WHERE
        u.from_table = 'medication'
        AND (
            u.started_at IS NULL
            OR (
                u.started_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
                AND (
                    $end_hours IS NULL
                    OR u.started_at < a.anchor_at + TO_SECONDS($end_hours * 3600)
                )
            )
        )
)

SELECT
    a.admission_id,
    w.variable,
    CASE
        WHEN t.admission_id IS NOT NULL THEN TRUE
        WHEN u.admission_id IS NOT NULL THEN NULL
        WHEN SENDS('medication', a.admission_id) THEN FALSE
    END AS value
FROM anchor AS a
CROSS JOIN wanted AS w
LEFT JOIN treated AS t ON a.admission_id = t.admission_id AND w.variable = t.variable
LEFT JOIN doubted AS u ON a.admission_id = u.admission_id AND w.variable = u.variable
