-- icu_stay: one row per ICU stay.
-- Put your own table for your_table: every folder or Parquet file of the extract is source.<name>.
-- Put your own column or expression before each AS; keep the names after it. Columns marked
-- "required" must be given, the others may stay null.
-- Delete this file if the source has no such table: what depends on it is then null.
SELECT
    -- hospital_id: required, the hospital; a constant such as 'H1' if there is only one
    NULL::VARCHAR AS hospital_id,
    NULL::VARCHAR AS admission_id,  -- required, unique within the hospital; text or a whole number
    NULL::TIMESTAMP AS started_at,  -- required
    NULL::TIMESTAMP AS stopped_at  -- required
FROM source.your_table
