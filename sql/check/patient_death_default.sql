-- Patients with a date of death that many of their hospital have: it stands for one nobody knows.
-- Grain: hospital. A date of 10 deaths and a fifth of all, five times as many as of the next date.
WITH died AS (
    SELECT
        hospital_id,
        death_at::DATE AS day,
        COUNT(*) AS n
    FROM gate.patient
    WHERE ISFINITE(death_at)
    GROUP BY hospital_id, day
),

ranked AS (
    SELECT
        *,
        SUM(n) OVER (PARTITION BY hospital_id) AS n_all,
        LEAD(n, 1, 0) OVER (PARTITION BY hospital_id ORDER BY n DESC, day ASC) AS n_next,
        ROW_NUMBER() OVER (PARTITION BY hospital_id ORDER BY n DESC, day ASC) AS place
    FROM died
)

SELECT
    hospital_id,
    SUM(
        CASE WHEN place = 1 AND n >= 10 AND 5 * n >= n_all AND n >= 5 * n_next THEN n ELSE 0 END
    )::BIGINT AS violated,
    SUM(n)::BIGINT AS denominator
FROM ranked
GROUP BY hospital_id
