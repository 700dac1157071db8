-- finding: one sign, symptom or image finding, as the native layout has it.
-- Grain: one sign, symptom or image finding. Optional columns that the files lack are null.
SELECT
    hospital_id,
    admission_id,
    finding_code,
    present,
    observed_at
FROM source.finding
