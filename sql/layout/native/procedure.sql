-- procedure: one procedure, as the native layout has it.
-- Grain: one procedure. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    procedure_code,
    started_at,
    stopped_at
FROM source.procedure
