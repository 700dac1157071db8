-- pathogen_test: one test, as the native layout has it.
-- Grain: one test. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    organism_code,
    method,
    specimen,
    result,
    collected_at
FROM source.pathogen_test
