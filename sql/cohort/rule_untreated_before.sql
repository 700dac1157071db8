-- Whether the exposure drug was not given before the exposure window opens ($start_hours from time
-- zero): an admission first treated before it is neither newly treated nor untreated.
-- Grain: admission. met: FALSE any administration before; NULL none, but one that may lie before
-- was set aside; else TRUE. Time zero: the admission, or
-- the moment in table `moment`, of the criteria judged before.
-- first_at: the first such administration. Source: new-user design (assumed: no paper says it).
WITH product AS (
    SELECT i.drug
    FROM BY_ROUTE($codelist, $routes) AS i
),

opened AS (
    SELECT
        e.admission_id,
        GREATEST(e.admitted_at, v.met_at) + TO_SECONDS($start_hours * 3600) AS opens_at
    FROM eligible AS e
    LEFT JOIN moment AS v ON e.admission_id = v.admission_id
),

treated AS (
    SELECT
        o.admission_id,
        MIN(m.started_at) AS first_at
    FROM opened AS o
    INNER JOIN GIVEN('medication') AS m
        ON o.admission_id = m.admission_id AND o.opens_at > m.started_at
    INNER JOIN product AS p ON m.drug = p.drug
    GROUP BY o.admission_id
),

doubted AS (
    SELECT DISTINCT o.admission_id
    FROM opened AS o
    INNER JOIN unread_event AS u ON o.admission_id = u.admission_id
    WHERE
        u.from_table = 'medication' AND u.variable IN ($codelist, '*')
        AND (u.started_at IS NULL OR u.started_at < o.opens_at)
)

SELECT
    e.admission_id,
    CASE
        WHEN t.admission_id IS NOT NULL THEN FALSE
        WHEN u.admission_id IS NULL THEN TRUE
    END AS met,
    t.first_at
FROM eligible AS e
LEFT JOIN treated AS t ON e.admission_id = t.admission_id
LEFT JOIN doubted AS u ON e.admission_id = u.admission_id
