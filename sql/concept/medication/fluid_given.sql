-- Intravenous fluids given in eligible stays, in mL per kg of body weight.
-- Grain: one administration. ml_kg: NULL where the volume is not in mL or the weight is unknown
-- (never a default weight). Needs score_span.
SELECT
    m.admission_id,
    m.started_at,
    CASE WHEN LOWER(TRIM(m.dose_unit)) = 'ml' AND a.weight_kg > 0 THEN m.dose / a.weight_kg END
        AS ml_kg
FROM GIVEN('medication') AS m
INNER JOIN ref.included AS i ON m.drug = i.drug
SEMI JOIN score_span AS s ON m.admission_id = s.admission_id
LEFT JOIN admission AS a ON m.admission_id = a.admission_id
WHERE i.codelist = 'iv_fluid'
