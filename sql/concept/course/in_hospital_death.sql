-- Death in the hospital stay, within $within_days of time zero (NULL: whenever in the stay).
-- Needs vital_status. Grain: candidate admission.
-- value: TRUE died in the stay by then; FALSE left alive, died in the stay later, or was still
-- in it at the horizon; else NULL. days_to_death: of deaths in the stay.
-- stay_days, stay_end: when the stay ended, in days from time zero, and how (1 death, 2 left alive,
-- 0 not over at $extract_end or by the horizon).
-- time_days, event: time free of death in the stay, capped at $within_days. Who left alive cannot
-- die in the stay any more and stays free of it, to $extract_end (death in the stay as the event of
-- interest, leaving as the competing event: Fine & Gray 1999; Prentice et al. 1978).
-- All NULL where the stay ended by the horizon and nobody knows how: its end is the event, or is
-- not, so that to censor there would leave the deaths out.
WITH dated AS (
    SELECT
        admission_id,
        died_in_hospital,
        COALESCE(discharge_status IN ('alive', 'transferred', 'against_advice'), FALSE) AS has_left,
        DATE_DIFF(
            'microsecond', time_zero, CASE WHEN died_in_hospital THEN died_at ELSE discharged_at END
        ) / 86400e6 AS end_days,
        DATE_DIFF('microsecond', time_zero, $extract_end::TIMESTAMP) / 86400e6 AS seen_days,
        COALESCE($within_days, 36525)::DOUBLE AS horizon
    FROM vital_status
),

ended AS (
    SELECT
        *,
        CASE
            WHEN end_days < 0 THEN 0
            WHEN end_days IS NULL AND died_in_hospital IS NULL AND NOT has_left AND seen_days >= 0
                THEN seen_days
            ELSE end_days
        END AS in_stay_days,
        CASE
            WHEN end_days IS NULL OR died_in_hospital IS NULL THEN 0
            WHEN died_in_hospital THEN 1
            ELSE 2
        END AS how,
        COALESCE(end_days <= horizon, FALSE) AND died_in_hospital IS NULL AS ended_unseen
    FROM dated
)

SELECT
    admission_id,
    CASE
        WHEN NOT died_in_hospital OR $within_days IS NULL THEN died_in_hospital
        WHEN how = 1 THEN in_stay_days <= horizon
        WHEN died_in_hospital IS NULL AND in_stay_days > horizon THEN FALSE
    END AS value,
    CASE WHEN how = 1 THEN in_stay_days END AS days_to_death,
    CASE
        WHEN ended_unseen THEN NULL
        WHEN how = 2
            THEN LEAST(horizon, CASE WHEN seen_days > in_stay_days THEN seen_days ELSE horizon END)
        WHEN in_stay_days IS NOT NULL THEN LEAST(in_stay_days, horizon)
    END AS time_days,
    CASE
        WHEN in_stay_days IS NOT NULL AND NOT ended_unseen THEN how = 1 AND in_stay_days <= horizon
    END AS event,
    CASE
        WHEN in_stay_days IS NOT NULL AND NOT ended_unseen THEN LEAST(in_stay_days, horizon)
    END AS stay_days,
    CASE
        WHEN ended_unseen THEN NULL
        WHEN in_stay_days <= horizon THEN how
        WHEN in_stay_days > horizon THEN 0
    END AS stay_end
FROM ended
