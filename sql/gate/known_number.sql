-- Numbers of stays that whoever knows a hospital can compare with his own.
-- Grain: hospital and quantity. n of n_of: those with it, of those of whom it is known. Else n
-- values, with their quartiles (low, middle, high). Of the stays that the gate kept.
WITH stay AS (
    SELECT
        a.hospital_id,
        a.discharge_status,
        a.current_smoker,
        p.sex,
        a.weight_kg,
        a.height_cm,
        COALESCE(
            a.age_years, DATE_DIFF('day', p.birth_date, a.admitted_at::DATE) / 365.25
        ) AS age_years,
        EPOCH(a.discharged_at - a.admitted_at) / 86400 AS stay_days
    FROM main.admission AS a
    LEFT JOIN main.patient AS p ON a.patient_id = p.patient_id
),

share AS (
    SELECT
        hospital_id,
        UNNEST([
            'stays',
            'of women',
            'ended by death',
            'of current smokers'
        ]) AS quantity,
        UNNEST([
            COUNT(*),
            COUNT(*) FILTER (WHERE sex = 'female'),
            COUNT(*) FILTER (WHERE discharge_status = 'died'),
            COUNT(*) FILTER (WHERE current_smoker)
        ]) AS n,
        UNNEST([
            NULL,
            COUNT(*) FILTER (WHERE sex IN ('female', 'male')),
            COUNT(*) FILTER (WHERE discharge_status <> 'unknown'),
            COUNT(current_smoker)
        ]) AS n_of
    FROM stay
    GROUP BY hospital_id
),

measure AS (
    SELECT
        hospital_id,
        UNNEST(['age, years', 'weight, kg', 'height, cm', 'length of stay, days']) AS quantity,
        UNNEST([age_years, weight_kg, height_cm, stay_days]) AS value
    FROM stay
)

SELECT
    hospital_id,
    quantity,
    n,
    n_of,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS middle,
    NULL::DOUBLE AS high
FROM share
UNION ALL
SELECT
    hospital_id,
    quantity,
    COUNT(value) AS n,
    NULL AS n_of,
    QUANTILE_CONT(value, 0.25) AS low,
    MEDIAN(value) AS middle,
    QUANTILE_CONT(value, 0.75) AS high
FROM measure
GROUP BY hospital_id, quantity
ORDER BY ALL
