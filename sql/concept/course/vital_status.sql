-- When the patient died, and whether in hospital.
-- Grain: candidate admission.
-- died_at: the recorded death (any place); for discharge_status died without one, or with a bare
-- date on the day of discharge, the discharge. died_in_hospital: TRUE discharged dead, or death
-- within the stay; FALSE left the hospital alive; NULL still in hospital, or how is unknown.
-- A bare date of death (midnight) on the day of a live discharge is a death after discharge.
-- death_read: FALSE where a date of death could not be read: no date then means nothing.
WITH dated AS (
    SELECT
        *,
        COALESCE(
            death_at = DATE_TRUNC('day', death_at) AND death_at::DATE = discharged_at::DATE, FALSE
        ) AS bare_date_at_discharge
    FROM candidate
)

SELECT
    admission_id,
    time_zero,
    admitted_at,
    discharged_at,
    discharge_status,
    CASE
        WHEN discharge_status = 'died' AND (death_at IS NULL OR bare_date_at_discharge)
            THEN discharged_at
        ELSE death_at
    END AS died_at,
    CASE
        WHEN discharge_status = 'died' THEN TRUE
        WHEN death_at <= discharged_at AND NOT bare_date_at_discharge THEN TRUE
        WHEN
            discharge_status IN ('alive', 'transferred', 'against_advice')
            AND discharged_at IS NOT NULL THEN FALSE
    END AS died_in_hospital,
    DEATH_READ(admission_id) AS death_read
FROM dated
