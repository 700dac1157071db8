-- How many of the counted stays ended by death, by age and ventilation.
-- Grain: hospital, age, ventilated. n_stays: of adults whose end is known; n_died: of these.
-- Source: gate.stratum, which each stay is in once by age and once by its end.
SELECT
    e.hospital_id,
    a.part AS age,
    v.admission_id IS NOT NULL AS ventilated,
    COUNT(*) AS n_stays,
    COUNT(*) FILTER (WHERE e.part = 'died') AS n_died
FROM gate.stratum AS e
INNER JOIN gate.stratum AS a ON e.admission_id = a.admission_id AND a.stratum = 'age'
LEFT JOIN gate.charted_respiratory_support AS v
    ON e.admission_id = v.admission_id AND v.item = 'ventilation'
WHERE e.stratum = 'end'
GROUP BY e.hospital_id, a.part, v.admission_id IS NOT NULL
