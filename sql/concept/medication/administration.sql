-- The administrations of one drug to the admissions in table `recipient` (admission_id, patient_id,
-- weight_kg, time_zero, discharged_at), with what their amount depends on.
-- Grain: one administration that was given (an infusion stopped early counts with its dose).
-- Only what doses need: writing is the cost of this step. medication_id leads back to the full row.
-- concentration_g_per_l, strength_g: the row's own, else the product's as the code list declares it
-- (null where neither is known, where the list declares two, and of a row that says to be stronger
-- than its product). billing_unit_g: grams in one unit of a billing code, as the code list states
-- it; null for every other code.
-- Source: clinical specification section 3 (product, routes, dose to grams).
WITH product AS (
    SELECT
        i.*,
        h.billing_unit_g
    FROM BY_ROUTE($codelist, $routes) AS i
    LEFT JOIN ref.drug_hint AS h ON i.drug = h.drug AND i.codelist = h.codelist
)

SELECT
    m.hospital_id,
    m.admission_id,
    c.patient_id,
    m.medication_id,
    m.dose,
    m.started_at,
    m.stopped_at,
    p.product_type,
    c.weight_kg,
    c.time_zero,
    c.discharged_at,
    COALESCE(
        NULLIF(TRIM(m.dose_unit), ''),
        CASE WHEN m.vocabulary = 'HCPCS' AND p.billing_unit_g IS NOT NULL THEN 'unit' END
    ) AS dose_unit,
    p.billing_unit_g,
    CONCENTRATION(m.concentration_g_per_l, p.concentration_g_per_l) AS concentration_g_per_l,
    CASE
        WHEN ISFINITE(m.strength_g) AND m.strength_g > 0 THEN m.strength_g
        ELSE p.strength_g
    END AS strength_g
FROM GIVEN('medication') AS m
INNER JOIN product AS p ON m.drug = p.drug
INNER JOIN recipient AS c ON m.admission_id = c.admission_id
