-- Whether a drug of the list $codelist was given by time zero, by any route: the comparator of an
-- active-comparator design, given to both arms before one of them gets the exposure.
-- Grain: admission. met: TRUE any administration that began by then; FALSE none, in a hospital that
-- sends administrations; NULL in one that sends none, or where one was set aside. Time zero: the
-- admission, or the moment in table `moment`, of the criteria judged before.
-- first_at: the first such administration. Source: active-comparator new-user design (Lund 2015).
WITH zero AS (
    SELECT
        e.admission_id,
        GREATEST(e.admitted_at, v.met_at) AS zero_at
    FROM eligible AS e
    LEFT JOIN moment AS v ON e.admission_id = v.admission_id
),

treated AS (
    SELECT
        z.admission_id,
        MIN(m.started_at) AS first_at
    FROM zero AS z
    INNER JOIN GIVEN('medication') AS m
        ON z.admission_id = m.admission_id AND z.zero_at >= m.started_at
    INNER JOIN ref.included AS i ON m.drug = i.drug
    WHERE i.codelist = $codelist
    GROUP BY z.admission_id
),

doubted AS (
    SELECT DISTINCT z.admission_id
    FROM zero AS z
    INNER JOIN unread_event AS u ON z.admission_id = u.admission_id
    WHERE
        u.from_table = 'medication' AND u.variable IN ($codelist, '*')
        AND (u.started_at IS NULL OR u.started_at <= z.zero_at)
)

SELECT
    e.admission_id,
    CASE
        WHEN t.admission_id IS NOT NULL THEN TRUE
        WHEN u.admission_id IS NOT NULL THEN NULL
        WHEN SENDS('medication', e.admission_id) THEN FALSE
    END AS met,
    t.first_at
FROM eligible AS e
LEFT JOIN treated AS t ON e.admission_id = t.admission_id
LEFT JOIN doubted AS u ON e.admission_id = u.admission_id
