-- The rows of an event table with the admission that each belongs to: that of its visit; else the
-- stay of its person in which it falls, as where the visit is unknown or no part of an admission.
-- Macro prepared.placed('source.<table>', moment). Grain: row of that table, in an admission.
-- happened_at: `moment`, an expression over the columns of that table. A moment at midnight is a
-- bare date, and a bare date is a day: it falls in a stay whose days include it, and on the day of
-- admission it is the moment of admission. Of several stays the one that began last.
SELECT
    s.hospital_id,
    s.admission_id,
    CASE
        WHEN moment::TIME = TIME '00:00:00' AND moment::DATE = s.admitted_at::DATE
            THEN s.admitted_at
        ELSE moment
    END AS happened_at,
    e.*
FROM QUERY_TABLE(event) AS e
INNER JOIN prepared.visit AS v ON e.visit_occurrence_id = v.visit_occurrence_id
INNER JOIN prepared.visit_stay AS s ON v.admission_id = s.admission_id
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    CASE
        WHEN moment::TIME = TIME '00:00:00' AND moment::DATE = s.admitted_at::DATE
            THEN s.admitted_at
        ELSE moment
    END AS happened_at,
    e.*
FROM (
    SELECT *
    FROM QUERY_TABLE(event) AS every
    ANTI JOIN prepared.visit AS v ON every.visit_occurrence_id = v.visit_occurrence_id
) AS e
INNER JOIN prepared.visit_stay AS s
    ON
        e.person_id = s.person_id
        AND moment <= s.discharged_at
        AND (
            moment >= s.admitted_at
            OR (moment::TIME = TIME '00:00:00' AND moment::DATE = s.admitted_at::DATE)
        )
ANTI JOIN prepared.visit_stay_later AS l
    ON
        s.admission_id = l.admission_id
        AND moment <= l.discharged_at
        AND (
            moment >= l.admitted_at
            OR (moment::TIME = TIME '00:00:00' AND moment::DATE = l.admitted_at::DATE)
        )
