-- Vital signs whose median says: another unit or another sign than the one written (kind 1).
-- One row per hospital: violated (measurements of such signs),
-- denominator (measurements with a value). Of at least 20 measurements of 10 stays.
-- Source: clinical specification section 4, "mix-up trigger": F as C, kPa as mmHg, fraction as %;
-- a respiratory rate that is a heart rate, and the reverse.
WITH filled AS (
    SELECT
        hospital_id,
        vital_code,
        step,
        SUM(n) AS n,
        BIT_OR(seen) AS seen
    FROM gate.vital_profile
    WHERE step IS NOT NULL
    GROUP BY hospital_id, vital_code, step
),

cumulated AS (
    SELECT
        *,
        SUM(n) OVER (PARTITION BY hospital_id, vital_code ORDER BY step) AS n_up_to,
        SUM(n) OVER (PARTITION BY hospital_id, vital_code) AS n_all
    FROM filled
),

centre AS (
    SELECT
        hospital_id,
        vital_code,
        ANY_VALUE(n_all) AS n,
        BIT_COUNT(BIT_OR(seen)) AS n_stays,
        MIN(step) FILTER (WHERE 2 * n_up_to >= n_all) AS median
    FROM cumulated
    GROUP BY hospital_id, vital_code
)

SELECT
    hospital_id,
    SUM(n) FILTER (
        WHERE n >= 20 AND n_stays >= 10 AND CASE vital_code
            WHEN 'temperature' THEN median > 45 OR median < 25
            WHEN 'sbp' THEN median < 25
            WHEN 'spo2' THEN median <= 1
            WHEN 'fio2' THEN median > 1
            WHEN 'respiratory_rate' THEN median > 65
            WHEN 'heart_rate' THEN median < 40
        END
    ) AS violated,
    SUM(n) AS denominator
FROM centre
GROUP BY hospital_id
