-- Patients with a birth date that many of their hospital have: it stands for one that nobody knows.
-- Grain: hospital. A date of 10 patients and 2%, five times as many as have the fourth of the most
-- frequent dates, of 20: where only years are known, the first of January of each is as frequent.
WITH born AS (
    SELECT
        hospital_id,
        birth_date,
        COUNT(*) AS n
    FROM gate.patient
    WHERE birth_date IS NOT NULL
    GROUP BY hospital_id, birth_date
),

ranked AS (
    SELECT
        *,
        SUM(n) OVER (PARTITION BY hospital_id) AS n_all,
        COUNT(*) OVER (PARTITION BY hospital_id) AS n_dates,
        NTH_VALUE(n, 4) OVER (
            PARTITION BY hospital_id
            ORDER BY n DESC, birth_date ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS n_usual
    FROM born
)

SELECT
    hospital_id,
    SUM(
        CASE
            WHEN n_dates >= 20 AND n >= 10 AND n >= 0.02 * n_all AND n >= 5 * n_usual THEN n
            ELSE 0
        END
    )::BIGINT AS violated,
    SUM(n)::BIGINT AS denominator
FROM ranked
GROUP BY hospital_id
