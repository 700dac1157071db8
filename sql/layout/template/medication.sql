-- medication: one row per administration.
-- Put your own table for your_table: every folder or Parquet file of the extract is source.<name>.
-- Put your own column or expression before each AS; keep the names after it. Columns marked
-- "required" must be given, the others may stay null.
-- Delete this file if the source has no such table: what depends on it is then null.
SELECT
    -- hospital_id: required, the hospital; a constant such as 'H1' if there is only one
    NULL::VARCHAR AS hospital_id,
    NULL::VARCHAR AS admission_id,  -- required, unique within the hospital; text or a whole number
    NULL::VARCHAR AS medication_id,  -- required, unique within the hospital
    NULL::VARCHAR AS order_id,  -- the order that was carried out
    NULL::VARCHAR AS drug_code,  -- required
    NULL::VARCHAR AS vocabulary,  -- required, ATC, RXNORM, HCPCS or local
    NULL::VARCHAR AS drug_name,  -- as written; code lists read it too
    NULL::DOUBLE AS dose,  -- required, the amount given, not the amount ordered
    -- dose_unit: required, g, mg, mL, vial, g/kg, ...; a rate (ug/kg/min) for an infusion rate
    NULL::VARCHAR AS dose_unit,
    NULL::DOUBLE AS concentration_g_per_l,  -- needed for doses in mL
    NULL::DOUBLE AS strength_g,  -- grams in one vial or bottle, needed for doses in vials
    NULL::VARCHAR AS route,  -- required, iv, sc, im, po, other or unknown
    -- status: required, given, stopped, not_given, cancelled or unknown; an order is not given
    NULL::VARCHAR AS status,
    NULL::TIMESTAMP AS started_at,  -- required
    NULL::TIMESTAMP AS stopped_at
FROM source.your_table
