-- The administrations of one drug to the admissions in table `recipient` (admission_id, patient_id,
-- weight_kg, time_zero, discharged_at), with what their amount depends on.
-- Grain: one administration that was given (an infusion stopped early counts with its dose).
-- Only what doses need: writing is the cost of this step. medication_id leads back to the full row.
-- concentration_g_per_l, strength_g: the row's own, else the product's as the code list declares it
-- (null where neither is known, or where the list declares two). billing_unit_g: grams in one HCPCS
-- unit of intravenous immunoglobulin, null for every other code. A drug is included when no line of
-- the code list excludes or quarantines it.
-- Source: clinical specification section 3 (product, routes, dose to grams).
WITH product AS (
    SELECT
        c.drug,
        if(
            min(c.product_type) = max(c.product_type), min(c.product_type), 'unknown'
        ) AS product_type,
        if(
            min(c.concentration_g_per_l) = max(c.concentration_g_per_l),
            min(c.concentration_g_per_l), NULL
        ) AS concentration_g_per_l,
        if(min(c.strength_g) = max(c.strength_g), min(c.strength_g), NULL) AS strength_g
    FROM ref.drug_class AS c
    INNER JOIN ref.drug AS d ON c.drug = d.drug
    WHERE
        c.codelist = $codelist
        AND d.route IN (SELECT unnest($routes))
    GROUP BY c.drug
    HAVING bool_and(c.verdict = 'include')
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
    coalesce(
        nullif(trim(m.dose_unit), ''),
        CASE
            WHEN
                m.vocabulary = 'HCPCS'
                AND upper(trim(m.drug_code)) IN (SELECT unnest($billing_codes))
                THEN 'unit'
        END
    ) AS dose_unit,
    CASE
        WHEN upper(trim(m.drug_code)) IN (SELECT unnest($billing_codes)) THEN $billing_unit_g
    END AS billing_unit_g,
    CASE
        WHEN isfinite(m.concentration_g_per_l) AND m.concentration_g_per_l > 0
            THEN m.concentration_g_per_l
        ELSE p.concentration_g_per_l
    END AS concentration_g_per_l,
    CASE
        WHEN isfinite(m.strength_g) AND m.strength_g > 0 THEN m.strength_g
        ELSE p.strength_g
    END AS strength_g
FROM medication AS m
INNER JOIN product AS p ON m.drug = p.drug
INNER JOIN recipient AS c ON m.admission_id = c.admission_id
WHERE m.status IN ('given', 'stopped')
