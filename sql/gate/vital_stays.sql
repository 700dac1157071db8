-- How many stays have a vital sign measured: the distribution of one patient is none of a hospital.
-- Grain: hospital, code. Of the sampled stays, like the profile.
SELECT
    v.hospital_id,
    v.vital_code,
    COUNT(DISTINCT v.admission_id) AS n_stays
FROM resolved.vital AS v
INNER JOIN gate.stay AS s ON v.admission_id = s.admission_id AND s.stay_sampled
WHERE v.value_std IS NOT NULL
GROUP BY v.hospital_id, v.vital_code
