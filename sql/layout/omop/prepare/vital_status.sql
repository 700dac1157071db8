-- One death per person. Of several rows the last that lies in a stay of the person, else the last:
-- where two sources differ by a day, the one that the stay bears out.
-- Grain: person. in_stay: it lies in the days of a stay; dates: how many different days the rows
-- give; bare: without a time of day. A death on a bare date is at the beginning of that day, but
-- not before the admission.
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
    person_id,
    BOOL_OR(in_stay) AS in_stay,
    ARG_MAX(bare, (in_stay, death_at)) AS bare,
    ARG_MAX(death_at, (in_stay, death_at)) AS death_at,
    COUNT(DISTINCT death_date) AS dates
FROM beside
GROUP BY person_id
