-- hospital: one row per hospital.
-- Put your own table for your_table: every folder or Parquet file of the extract is source.<name>.
-- Put your own column or expression before each AS; keep the names after it. Columns marked
-- "required" must be given, the others may stay null.
-- Delete this file if the source has no such table: what depends on it is then null.
SELECT
    -- hospital_id: required, the hospital; a constant such as 'H1' if there is only one
    NULL::VARCHAR AS hospital_id,
    NULL::VARCHAR AS hospital_name,  -- shown in reports
    NULL::VARCHAR AS timezone,  -- such as 'Asia/Shanghai'
    NULL::VARCHAR AS country  -- two letters
FROM source.your_table
