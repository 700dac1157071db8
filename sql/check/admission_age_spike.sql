-- Stays at an age in years that many of their hospital have: it stands for one that nobody knows.
-- Grain: hospital. An age of 20 stays, four times as many as have the next frequent one, where
-- there are 20 ages. Not below a year: hospitals for newborns have no other age.
WITH aged AS (
    SELECT
        hospital_id,
        FLOOR(known_age_years) AS age,
        COUNT(*) AS n
    FROM gate.admission
    WHERE known_age_years >= 1
    GROUP BY hospital_id, FLOOR(known_age_years)
),

ranked AS (
    SELECT
        *,
        COUNT(*) OVER (PARTITION BY hospital_id) AS n_ages,
        NTH_VALUE(n, 2) OVER (
            PARTITION BY hospital_id
            ORDER BY n DESC, age ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS n_next
    FROM aged
)

SELECT
    hospital_id,
    SUM(
        CASE WHEN n_ages >= 20 AND n >= 20 AND n >= 4 * n_next THEN n ELSE 0 END
    )::BIGINT AS violated,
    SUM(n)::BIGINT AS denominator
FROM ranked
GROUP BY hospital_id
