-- How many stays have an analyte measured: the distribution of one patient is none of a hospital.
-- Grain: hospital, analyte, month (null for all months). Of the sampled stays, like the profile.
WITH seen AS (
    SELECT DISTINCT
        l.hospital_id,
        l.analyte,
        DATE_TRUNC('month', l.collected_at)::DATE AS month,
        l.admission_id
    FROM resolved.lab AS l
    INNER JOIN gate.stay AS s ON l.admission_id = s.admission_id AND s.stay_sampled
    WHERE l.analyte IS NOT NULL AND l.censored IS NULL AND l.value_std > 0
)

SELECT
    hospital_id,
    analyte,
    month,
    COUNT(*) AS n_stays
FROM seen
WHERE month IS NOT NULL
GROUP BY hospital_id, analyte, month
UNION ALL
SELECT
    hospital_id,
    analyte,
    NULL AS month,
    COUNT(DISTINCT admission_id) AS n_stays
FROM seen
GROUP BY hospital_id, analyte
