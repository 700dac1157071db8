-- One bin of an analyte that holds far more values than its neighbours: a sentinel (kind 30).
-- One row per hospital: violated (values in such bins at the edge of the distribution),
-- denominator (values).
-- A spike: at least 20 values and 1% in a bin, ten times what lies within half an octave of it.
-- The lowest bin is none: results below the limit of measurement gather there (kind 31), written
-- as the limit or a part of it without a flag; a sentinel below all values is 0 or less, in no bin.
WITH filled AS (
    SELECT
        hospital_id,
        analyte,
        bin,
        SUM(n) AS n
    FROM gate.lab_profile
    WHERE analyte IS NOT NULL AND bin IS NOT NULL
    GROUP BY hospital_id, analyte, bin
),

beside AS (
    SELECT
        hospital_id,
        analyte,
        n,
        bin > MIN(bin) OVER (PARTITION BY hospital_id, analyte) AS is_above_lowest,
        SUM(n) OVER (PARTITION BY hospital_id, analyte) AS n_all,
        SUM(n) OVER (
            PARTITION BY hospital_id, analyte
            ORDER BY bin RANGE BETWEEN 4 PRECEDING AND 4 FOLLOWING
        ) - n AS n_beside
    FROM filled
)

SELECT
    hospital_id,
    SUM(n) FILTER (
        WHERE
        is_above_lowest
        AND n >= 20 AND n >= 0.01 * n_all AND n < 0.5 * n_all AND n > 10 * n_beside
    ) AS violated,
    SUM(n) AS denominator
FROM beside
GROUP BY hospital_id
