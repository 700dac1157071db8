-- Death in the hospital stay, within $within_days of time zero (NULL: whenever in the stay).
-- Needs vital_status. Grain: candidate admission.
-- value: TRUE died in the stay by then; FALSE left alive, or died in the stay later; else NULL.
-- days_to_death: of deaths in the stay. time_days, event: from time zero to death in the stay or to
-- discharge, capped at $within_days. (Discharge alive is a competing event, not censoring.)
WITH timed AS (
    SELECT
        admission_id,
        died_in_hospital,
        DATE_DIFF('microsecond', time_zero, GREATEST(time_zero, CASE
            WHEN died_in_hospital THEN died_at ELSE discharged_at
        END)) / 86400e6 AS days,
        CASE WHEN died_in_hospital THEN died_at ELSE discharged_at END IS NOT NULL AS dated,
        COALESCE($within_days, 'infinity'::DOUBLE) AS horizon
    FROM vital_status
)

SELECT
    admission_id,
    CASE
        WHEN NOT died_in_hospital OR $within_days IS NULL THEN died_in_hospital
        WHEN died_in_hospital AND dated THEN days <= horizon
    END AS value,
    CASE WHEN died_in_hospital AND dated THEN days END AS days_to_death,
    CASE WHEN dated THEN LEAST(days, horizon) END AS time_days,
    CASE WHEN dated THEN COALESCE(died_in_hospital, FALSE) AND days <= horizon END AS event
FROM timed
