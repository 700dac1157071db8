-- The vital sign of which most measurements say nothing: no value, 0, or one beyond the hard range.
-- Grain: hospital with a sign of at least 50 measurements of 10 stays. violated, denominator:
-- measurements of that sign. A share of the whole table hides one sign.
WITH sign AS (
    SELECT
        p.hospital_id,
        p.vital_code,
        SUM(p.n) AS n,
        COALESCE(
            SUM(p.n) FILTER (
                WHERE
                p.step IS NULL
                OR p.step NOT BETWEEN l.hard_lo AND l.hard_hi
                OR (p.step = 0 AND p.vital_code <> 'urine_output')
            ),
            0
        ) AS lost,
        BIT_COUNT(BIT_OR(p.seen)) AS n_stays
    FROM gate.vital_profile AS p
    INNER JOIN ref."limit" AS l ON p.vital_code = l.variable
    GROUP BY p.hospital_id, p.vital_code
)

SELECT
    hospital_id,
    lost::BIGINT AS violated,
    n::BIGINT AS denominator
FROM sign
WHERE n >= 50 AND n_stays >= 10
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY hospital_id
    ORDER BY lost / n DESC, n DESC, vital_code ASC
) = 1
