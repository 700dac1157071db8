-- How strong a product is, where it has one ingredient and one strength.
-- Grain: drug concept. concentration_g_per_l: of a solution; strength_g: of a container or tablet.
-- Source: drug_strength. Units: g 8504, mg 8576, ug 9655; mL 8587, L 8519.
WITH unit (concept_id, grams) AS (
    VALUES (8504, 1.0), (8576, 0.001), (9655, 0.000001)
),

volume (concept_id, litres) AS (
    VALUES (8519, 1.0), (8587, 0.001)
)

SELECT
    s.drug_concept_id,
    MIN(
        s.numerator_value * n.grams / (COALESCE(NULLIF(s.denominator_value, 0), 1) * v.litres)
    ) AS concentration_g_per_l,
    MIN(COALESCE(
        s.amount_value * a.grams,
        CASE WHEN s.denominator_value > 0 THEN s.numerator_value * n.grams END
    )) AS strength_g
FROM source.drug_strength AS s
LEFT JOIN unit AS a ON s.amount_unit_concept_id = a.concept_id
LEFT JOIN unit AS n ON s.numerator_unit_concept_id = n.concept_id
LEFT JOIN volume AS v ON s.denominator_unit_concept_id = v.concept_id
WHERE s.invalid_reason IS NULL
GROUP BY s.drug_concept_id
HAVING COUNT(*) = 1
