-- Adults of known weight and height, where the tall weigh no more than the short: many are wrong.
-- Grain: hospital. violated: all of them, or 0. The correlation is 0.4 to 0.65 (2,280 stays of the
-- eICU demo 0.41, where weights are often estimated); here it is below 0.2 beyond two and a half
-- standard errors. Asked of 100 and more.
WITH adult AS (
    SELECT
        hospital_id,
        weight_kg,
        height_cm
    FROM gate.admission
    WHERE
        known_age_years >= 18
        AND height_cm BETWEEN 120 AND 220
        AND weight_kg BETWEEN 30 AND 300
),

together AS (
    SELECT
        hospital_id,
        COUNT(*) AS n,
        CORR(weight_kg, height_cm) AS correlation
    FROM adult
    GROUP BY hospital_id
    HAVING COUNT(*) >= 100 AND STDDEV_SAMP(weight_kg) > 5 AND STDDEV_SAMP(height_cm) > 5
)

SELECT
    hospital_id,
    CASE WHEN correlation + 2.5 / SQRT(n) < 0.2 THEN n ELSE 0 END AS violated,
    n AS denominator
FROM together
