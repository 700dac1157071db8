-- admission: one row per inpatient stay.
-- Put your own table for your_table: every folder or Parquet file of the extract is source.<name>.
-- Put your own column or expression before each AS; keep the names after it. Columns marked
-- "required" must be given, the others may stay null.
SELECT
    -- hospital_id: required, the hospital; a constant such as 'H1' if there is only one
    NULL::VARCHAR AS hospital_id,
    NULL::VARCHAR AS admission_id,  -- required, unique within the hospital; text or a whole number
    NULL::VARCHAR AS patient_id,  -- required, unique within the hospital; text or a whole number
    -- admitted_at: required, wall clock of the hospital; zoned columns are shown so already
    NULL::TIMESTAMP AS admitted_at,
    NULL::TIMESTAMP AS discharged_at,  -- required, null while still in hospital
    -- discharge_status: required, alive, died, transferred, against_advice or unknown
    NULL::VARCHAR AS discharge_status,
    NULL::TIMESTAMP AS symptom_onset_at,
    NULL::DOUBLE AS age_years,  -- null: computed from birth_date
    NULL::DOUBLE AS weight_kg,  -- null where unknown, never a default
    NULL::DOUBLE AS height_cm,
    NULL::BOOLEAN AS current_smoker  -- true, false or null
FROM source.your_table
