-- APACHE II of the first 24 h of score_span: worst values, age and chronic health, with bounds.
-- Grain: eligible admission. apache_ii (also the lowest possible): a missing variable is normal.
-- apache_ii_n_missing: of the 12 variables. apache_ii_hi: every missing variable at its worst (GCS
-- 12, others 4, age 6), creatinine doubled and chronic health 5 where they may apply.
-- Creatinine counts twice with acute kidney injury coded (not as arisen later). Chronic health 5
-- (never 2: elective surgery is not on record): cirrhosis or an immunosuppressive state coded; it
-- may apply with chronic renal failure, cardiac disease or COPD, whose degree no code tells
-- (assumed), or without any code. Needs apache_value, apache_chronic, score_bin.
-- Source: Knaus 1985 (Crit Care Med 13:818).
WITH worst AS (
    SELECT
        v.admission_id,
        CASE
            WHEN v.variable IN ('aado2', 'pao2') THEN 'oxygenation'
            WHEN v.variable IN ('ph', 'bicarbonate') THEN 'acidity'
            ELSE v.variable
        END AS variable,
        MAX(b.points) AS points
    FROM apache_value AS v
    INNER JOIN score_bin AS b
        ON v.variable = b.variable AND v.value >= b.lower_edge AND v.value < b.upper_edge
    WHERE b.score = 'apache_ii'
    GROUP BY ALL
    UNION ALL
    SELECT
        admission_id,
        variable,
        MAX(15 - GREATEST(LEAST(value, 15), 3))::INTEGER AS points
    FROM apache_value
    WHERE variable = 'gcs'
    GROUP BY ALL
),

physiology AS (
    SELECT
        admission_id,
        SUM(points) AS points,
        12 - COUNT(*) AS n_missing,
        COUNT(*) FILTER (WHERE variable = 'gcs') AS n_gcs,
        MAX(points) FILTER (WHERE variable = 'creatinine_mg_dl') AS creatinine_points
    FROM worst
    GROUP BY admission_id
),

aged AS (
    SELECT
        e.admission_id,
        b.points AS age_points
    FROM eligible AS e
    INNER JOIN score_bin AS b
        ON e.age_years >= b.lower_edge AND e.age_years < b.upper_edge
    WHERE b.score = 'apache_ii' AND b.variable = 'age_years'
),

summed AS (
    SELECT
        e.admission_id,
        COALESCE(p.points, 0) AS points,
        COALESCE(p.n_missing, 12) AS n_missing,
        4 * COALESCE(p.n_missing, 12) + 8 * (1 - COALESCE(p.n_gcs, 0)) AS missing_points,
        COALESCE(p.creatinine_points, 0) AS twice,
        COALESCE(p.creatinine_points, 4) AS twice_hi,
        c.renal_failure,
        c.insufficient,
        c.perhaps,
        a.age_points
    FROM eligible AS e
    LEFT JOIN physiology AS p ON e.admission_id = p.admission_id
    LEFT JOIN aged AS a ON e.admission_id = a.admission_id
    LEFT JOIN apache_chronic AS c ON e.admission_id = c.admission_id
)

SELECT
    admission_id,
    (
        points + COALESCE(age_points, 0)
        + CASE WHEN renal_failure THEN twice ELSE 0 END
        + CASE WHEN insufficient THEN 5 ELSE 0 END
    )::INTEGER AS apache_ii,
    n_missing::INTEGER AS apache_ii_n_missing,
    (
        points + missing_points + COALESCE(age_points, 6)
        + CASE WHEN COALESCE(renal_failure, TRUE) THEN twice_hi ELSE 0 END
        + CASE WHEN COALESCE(insufficient OR perhaps, TRUE) THEN 5 ELSE 0 END
    )::INTEGER AS apache_ii_hi
FROM summed
