-- The median of each analyte in a month, in all other months, and in all months, from its bins.
-- Grain: hospital, analyte, scope ('month', 'others', 'all'), month (null for 'all').
-- Exact to a bin (9%). n: results; n_stays: stays in this month, or in all of them.
WITH filled AS (
    SELECT
        hospital_id,
        analyte,
        month,
        bin,
        SUM(n) AS n
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
        n
    FROM filled
    UNION ALL
    SELECT
        hospital_id,
        analyte,
        'all' AS scope,
        NULL AS month,
        bin,
        SUM(n) AS n
    FROM filled
    GROUP BY hospital_id, analyte, bin
    UNION ALL
    SELECT
        f.hospital_id,
        f.analyte,
        'others' AS scope,
        m.month,
        f.bin,
        SUM(f.n) AS n
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
    c.hospital_id,
    c.analyte,
    c.scope,
    c.month,
    MIN(c.n_all)::BIGINT AS n,
    POW(2, (MIN(c.bin) FILTER (WHERE 2 * c.n_up_to >= c.n_all) + 0.5) / 8) AS median,
    COALESCE(MIN(p.n_stays), 0)::BIGINT AS n_stays
FROM cumulated AS c
LEFT JOIN gate.lab_stays AS p
    ON
        c.hospital_id = p.hospital_id AND c.analyte = p.analyte
        AND c.month IS NOT DISTINCT FROM p.month
GROUP BY c.hospital_id, c.analyte, c.scope, c.month
