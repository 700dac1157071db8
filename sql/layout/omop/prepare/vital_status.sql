-- One death per person. Of several rows the last that lies in a stay of the person, else the last:
-- where two sources differ by a day, the one that the stay bears out.
-- Grain: person. in_stay: it lies in the days of a stay; dates: how many different days the rows
-- give; bare: without a time of day; undated: no row has a date, and death_at is a placeholder that
-- the gate takes away, by which nobody is alive. A death on a bare date is at the beginning of that
-- day, but not before the admission.
-- Source: death.
WITH dated AS (
    SELECT
        person_id,
        MOMENT_OF(death_datetime, death_date) AS death_at
    FROM source.death
),

beside AS (
    SELECT
        d.person_id,
        d.death_at::DATE AS death_date,
        v.admission_id IS NOT NULL AS in_stay,
        d.death_at::TIME = TIME '00:00:00' AS bare,
        CASE
            WHEN d.death_at::TIME = TIME '00:00:00' AND d.death_at::DATE = v.started_at::DATE
                THEN v.started_at
            ELSE d.death_at
        END AS death_at
    FROM dated AS d
    LEFT JOIN prepared.visit AS v
        ON
            d.person_id = v.person_id
            AND d.death_at::DATE BETWEEN v.started_at::DATE AND v.ended_at::DATE
    WHERE d.death_at IS NOT NULL
)

SELECT
    d.person_id,
    BOOL_OR(b.in_stay) AS in_stay,
    ARG_MAX(b.bare, (b.in_stay, b.death_at)) AS bare,
    COALESCE(ARG_MAX(b.death_at, (b.in_stay, b.death_at)), TIMESTAMP '1900-01-01') AS death_at,
    COUNT(DISTINCT b.death_date) AS dates,
    COUNT(b.person_id) = 0 AS undated
FROM (
    SELECT DISTINCT person_id
    FROM dated
) AS d
LEFT JOIN beside AS b ON d.person_id = b.person_id
GROUP BY d.person_id
