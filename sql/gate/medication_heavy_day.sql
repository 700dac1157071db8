-- Days with more than 2.5 g/kg of the exposure, as if mL were read as g (kind 9).
-- Grain: admission and day.
SELECT
    g.admission_id,
    g.started_at::DATE AS day
FROM gate.medication_once AS g
INNER JOIN gate.stay AS s ON g.admission_id = s.admission_id
WHERE g.exposure AND g.dose_unit = 'g'
GROUP BY g.admission_id, g.started_at::DATE
HAVING SUM(g.dose) > 2.5 * MIN(s.stay_weight_kg)
