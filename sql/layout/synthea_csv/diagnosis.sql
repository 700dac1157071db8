-- One row per condition of the person that was there during a stay: recorded in it, or begun before
-- and not ended. present_on_admission: it began before the day of admission.
-- Source: Synthea CSV conditions, whose codes are SNOMED CT.
SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    c.code,
    'SNOMED' AS vocabulary,
    c.start::DATE < s.started_at::DATE AS present_on_admission,
    GREATEST(c.start, s.started_at) AS diagnosed_at
FROM prepared.stay AS s
INNER JOIN source.conditions AS c
    ON
        s.patient = c.patient
        AND c.start::DATE <= s.stopped_at::DATE
        AND (c.stop IS NULL OR c.stop::DATE >= s.started_at::DATE)
