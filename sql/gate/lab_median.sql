-- The median of each analyte in a month, in all other months, and in all months, from its bins.
-- Grain: hospital, analyte, scope ('month', 'others', 'all'), month (null for 'all').
-- Exact to a bin (9%). n: results; n_stays: at least so many stays (62 or more are 62).
WITH filled AS (
    SELECT
        hospital_id,
        analyte,
        month,
        bin,
        SUM(n) AS n,
        BIT_OR(seen) AS seen
    FROM gate.lab_profile
    WHERE analyte IS NOT NULL AND bin IS NOT NULL AND month IS NOT NULL
    GROUP BY hospital_id, analyte, month, bin
),

months AS (
    SELECT DISTINCT
        hospital_id,
        analyte,
        month
    FROM filled
),

scoped AS (
    SELECT
        hospital_id,
        analyte,
        'month' AS scope,
        month,
        bin,
        n,
        seen
    FROM filled
    UNION ALL
    SELECT
        hospital_id,
        analyte,
        'all' AS scope,
        NULL AS month,
        bin,
        SUM(n) AS n,
        BIT_OR(seen) AS seen
    FROM filled
    GROUP BY hospital_id, analyte, bin
    UNION ALL
    SELECT
        f.hospital_id,
        f.analyte,
        'others' AS scope,
        m.month,
        f.bin,
        SUM(f.n) AS n,
        BIT_OR(f.seen) AS seen
    FROM filled AS f
    INNER JOIN months AS m
        ON f.hospital_id = m.hospital_id AND f.analyte = m.analyte AND f.month <> m.month
    GROUP BY f.hospital_id, f.analyte, m.month, f.bin
),

cumulated AS (
    SELECT
        *,
        SUM(n) OVER (PARTITION BY hospital_id, analyte, scope, month ORDER BY bin) AS n_up_to,
        SUM(n) OVER (PARTITION BY hospital_id, analyte, scope, month) AS n_all
    FROM scoped
)

SELECT
    hospital_id,
    analyte,
    scope,
    month,
    ANY_VALUE(n_all)::BIGINT AS n,
    POW(2, (MIN(bin) FILTER (WHERE 2 * n_up_to >= n_all) + 0.5) / 8) AS median,
    BIT_COUNT(BIT_OR(seen))::BIGINT AS n_stays
FROM cumulated
GROUP BY hospital_id, analyte, scope, month
