-- patient: one row per patient in a hospital.
-- Put your own table for your_table: every folder or Parquet file of the extract is source.<name>.
-- Put your own column or expression before each AS; keep the names after it. Columns marked
-- "required" must be given, the others may stay null.
SELECT
    -- hospital_id: required, the hospital; a constant such as 'H1' if there is only one
    NULL::VARCHAR AS hospital_id,
    NULL::VARCHAR AS patient_id,  -- required, unique within the hospital; text or a whole number
    NULL::VARCHAR AS person_id,  -- one id across hospitals of a network, where there is one
    NULL::VARCHAR AS sex,  -- required, female, male, other or unknown
    NULL::DATE AS birth_date,
    NULL::TIMESTAMP AS death_at  -- death at any place; a bare date is midnight
FROM source.your_table
