-- lab: one row per result.
-- Put your own table for your_table: every folder or Parquet file of the extract is source.<name>.
-- Put your own column or expression before each AS; keep the names after it. Columns marked
-- "required" must be given, the others may stay null.
-- Delete this file if the source has no such table: what depends on it is then null.
SELECT
    -- hospital_id: required, the hospital; a constant such as 'H1' if there is only one
    NULL::VARCHAR AS hospital_id,
    NULL::VARCHAR AS admission_id,  -- required, unique within the hospital; text or a whole number
    -- lab_code: required, LOINC, or the name of the analyte (crp, creatinine, pao2, ...)
    NULL::VARCHAR AS lab_code,
    NULL::VARCHAR AS vocabulary,  -- required, LOINC or local
    NULL::DOUBLE AS value,  -- required, the number; null for a text such as '<0.05'
    NULL::VARCHAR AS value_text,  -- the result as written; '<0.05' is read from here
    NULL::VARCHAR AS unit,  -- required, as written: mg/dL, 10^9/L, K/uL, ...
    -- collected_at: required, when the sample was taken, not when it was reported
    NULL::TIMESTAMP AS collected_at,
    NULL::TIMESTAMP AS resulted_at
FROM source.your_table
