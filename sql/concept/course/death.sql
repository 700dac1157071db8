-- Death from any cause within $within_days of time zero, and the time to it. Needs vital_status.
-- Grain: candidate admission. value: TRUE died by then (the last moment included); FALSE known
-- alive then; NULL lost before, and whoever the extract could not have seen so long, dead or alive:
-- to keep their dead alone would be no risk of anybody.
-- days_to_death: NULL without a date of death, never negative.
-- time_days, event: follow-up for survival, capped at $within_days (NULL: no horizon).
-- Deaths at any place are on record (where they are not, this is not asked: concepts/follow_up.py).
-- Without one, follow-up ends at $extract_end; where its date could not be read, at discharge: who
-- left alive is then lost, not alive at the horizon.
WITH followed AS (
    SELECT
        admission_id,
        discharge_status = 'died' AND died_at IS NULL AS undated,
        DATE_DIFF('microsecond', time_zero, $extract_end::TIMESTAMP) / 86400e6 AS days_to_end,
        DATE_DIFF('microsecond', time_zero, died_at) / 86400e6 AS days_dead,
        DATE_DIFF('microsecond', time_zero, CASE
            WHEN death_read AND $within_days IS NOT NULL
                THEN COALESCE($extract_end::TIMESTAMP, TIMESTAMP '9999-12-31')
            WHEN death_read THEN COALESCE($extract_end::TIMESTAMP, discharged_at)
            ELSE LEAST(discharged_at, $extract_end::TIMESTAMP)
        END) / 86400e6 AS days_alive,
        COALESCE($within_days, 'infinity'::DOUBLE) AS horizon
    FROM vital_status
),

timed AS (
    SELECT
        *,
        CASE WHEN days_dead < 0 THEN 0 ELSE days_dead END AS days_to_death,
        CASE WHEN undated IS NOT TRUE AND days_alive >= 0 THEN days_alive END AS days_followed
    FROM followed
)

SELECT
    admission_id,
    CASE
        WHEN $within_days IS NOT NULL AND days_to_end < horizon THEN NULL
        WHEN days_to_death IS NOT NULL THEN days_to_death <= horizon
        WHEN $within_days IS NOT NULL THEN CASE WHEN days_followed >= horizon THEN FALSE END
        WHEN undated THEN TRUE
        WHEN days_followed IS NOT NULL THEN FALSE
    END AS value,
    days_to_death,
    CASE
        WHEN COALESCE(days_to_death, days_followed) IS NOT NULL
            THEN LEAST(COALESCE(days_to_death, days_followed), horizon)
    END AS time_days,
    CASE
        WHEN days_to_death IS NOT NULL THEN days_to_death <= horizon
        WHEN days_followed IS NOT NULL THEN FALSE
    END AS event
FROM timed
