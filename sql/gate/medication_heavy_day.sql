-- Days with more than 2.5 g/kg of the exposure, as if mL were read as g, or mg as g (kind 9). Where
-- no weight is known, of a body of 150 kg.
-- Grain: admission and day.
SELECT
    g.admission_id,
    g.started_at::DATE AS day
FROM gate.medication_exposed AS g
INNER JOIN gate.stay AS s ON g.admission_id = s.admission_id
WHERE g.duplicate IS NOT TRUE
GROUP BY g.admission_id, g.started_at::DATE
HAVING SUM(g.grams) > 2.5 * COALESCE(MIN(s.stay_weight_kg), 150)
