-- Results whose distribution says: another unit than the one written (kind 1).
-- One row per hospital: violated (results in such analyte-months),
-- denominator (results with a value).
-- By hospital: a median beyond what the standard unit can give. By month: a median that is away
-- from the other months by a factor between two units of the analyte (within a third). Of at least
-- 20 results of 10 stays: the many results of one patient are no distribution.
-- Source: clinical specification section 4, "mix-up trigger". CRP < 15 alone: see lab_unit_suspect.
WITH enough AS (
    SELECT * FROM gate.lab_median
    WHERE n >= 20
),

impossible (analyte, lo, hi) AS (
    VALUES
    ('creatinine', 15, NULL), ('total_bilirubin', 3, NULL), ('d_dimer', NULL, 100),
    ('hemoglobin', 25, NULL), ('albumin', 7, NULL), ('wbc', NULL, 1000), ('platelets', NULL, 2200),
    ('prothrombin_time', 5, 70)
),

by_hospital AS (
    SELECT
        e.hospital_id,
        e.analyte
    FROM enough AS e
    INNER JOIN impossible AS i ON e.analyte = i.analyte
    WHERE e.scope = 'all' AND (e.median < i.lo OR e.median > i.hi)
    UNION
    SELECT
        part.hospital_id,
        part.analyte
    FROM enough AS part
    INNER JOIN enough AS sum_of ON part.hospital_id = sum_of.hospital_id AND sum_of.scope = 'all'
    WHERE
        part.scope = 'all' AND part.median > sum_of.median
        AND (part.analyte, sum_of.analyte) IN (('lymphocytes', 'wbc'), ('ck_mb', 'creatine_kinase'))
    UNION
    SELECT
        cd3.hospital_id,
        cd3.analyte
    FROM enough AS cd3
    INNER JOIN enough AS cd4
        ON cd3.hospital_id = cd4.hospital_id AND cd4.scope = 'all' AND cd4.analyte = 'cd4'
    INNER JOIN enough AS cd8
        ON cd3.hospital_id = cd8.hospital_id AND cd8.scope = 'all' AND cd8.analyte = 'cd8'
    WHERE
        cd3.scope = 'all' AND cd3.analyte = 'cd3' AND cd4.median + cd8.median > 1.5 * cd3.median
),

factor AS (
    SELECT DISTINCT
        variable AS analyte,
        ABS(LN(factor)) AS log_factor
    FROM ref.unit
    WHERE factor > 0 AND (factor >= 4 OR factor <= 0.25) AND COALESCE(shift, 0) = 0
),

by_month AS (
    SELECT DISTINCT
        m.hospital_id,
        m.analyte,
        m.month
    FROM enough AS m
    INNER JOIN enough AS o
        ON m.hospital_id = o.hospital_id AND m.analyte = o.analyte AND m.month = o.month
    INNER JOIN factor AS f ON m.analyte = f.analyte
    WHERE
        m.scope = 'month' AND o.scope = 'others'
        AND ABS(ABS(LN(m.median / o.median)) - f.log_factor) < LN(4 / 3)
)

SELECT
    hospital_id,
    SUM(n) FILTER (
        WHERE (hospital_id, analyte) IN (SELECT (b.hospital_id, b.analyte) FROM by_hospital AS b)
        OR (hospital_id, analyte, month)
        IN (SELECT (b.hospital_id, b.analyte, b.month) FROM by_month AS b)
    ) AS violated,
    SUM(n) AS denominator
FROM gate.lab_median
WHERE scope = 'month'
GROUP BY hospital_id
