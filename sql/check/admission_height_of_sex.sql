-- Adults of known sex and height, where men are hardly taller than women: many are wrong.
-- Grain: hospital. violated: all of them, or 0. Men are 10 to 14 cm taller in every country; here
-- by less than 8 cm beyond two and a half standard errors. Asked of 40 men and 40 women and more.
-- Source: NCD Risk Factor Collaboration, eLife 2016;5:e13410 (heights in 200 countries).
WITH adult AS (
    SELECT
        a.hospital_id,
        p.sex,
        a.height_cm
    FROM gate.admission AS a
    INNER JOIN main.patient AS p ON a.patient_id = p.patient_id
    WHERE
        a.known_age_years >= 18
        AND a.height_cm BETWEEN 120 AND 220
        AND p.sex IN ('female', 'male')
),

by_sex AS (
    SELECT
        hospital_id,
        COUNT(*) FILTER (WHERE sex = 'male') AS n_men,
        COUNT(*) FILTER (WHERE sex = 'female') AS n_women,
        AVG(height_cm) FILTER (WHERE sex = 'male')
        - AVG(height_cm) FILTER (WHERE sex = 'female') AS taller_cm,
        VAR_SAMP(height_cm) FILTER (WHERE sex = 'male') AS variance_men,
        VAR_SAMP(height_cm) FILTER (WHERE sex = 'female') AS variance_women
    FROM adult
    GROUP BY hospital_id
)

SELECT
    hospital_id,
    CASE
        WHEN
            n_men >= 40 AND n_women >= 40
            AND taller_cm + 2.5 * SQRT(variance_men / n_men + variance_women / n_women) < 8
            THEN n_men + n_women
        ELSE 0
    END AS violated,
    n_men + n_women AS denominator
FROM by_sex
