-- Whether each sign, symptom or image finding was present in [anchor + start, anchor + end).
-- Grain: admission and finding (`variable`); no row where nothing was recorded (NULL, not absent).
-- value: TRUE any record of presence; FALSE only records of absence.
-- $findings: finding codes. $start_hours, $end_hours: the window around table `anchor`.
SELECT
    f.admission_id,
    f.finding_code AS variable,
    BOOL_OR(f.present) AS value
FROM finding AS f
INNER JOIN anchor AS a ON f.admission_id = a.admission_id
WHERE
    f.finding_code IN (SELECT UNNEST($findings)) AND f.present IS NOT NULL
    AND f.observed_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
    AND f.observed_at < a.anchor_at + TO_SECONDS($end_hours * 3600)
GROUP BY ALL
