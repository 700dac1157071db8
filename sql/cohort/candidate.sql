-- The admissions that met every criterion this hospital can judge, with their time zero.
-- Grain: admission. time_zero: the admission, or the first moment of severity.
SELECT
    s.*,
    CASE
        WHEN $time_zero = 'severity_onset' THEN GREATEST(s.admitted_at, v.first_at)
        ELSE s.admitted_at
    END AS time_zero
FROM screened AS s
INNER JOIN eligible AS e ON s.admission_id = e.admission_id
LEFT JOIN criterion AS v ON s.admission_id = v.admission_id AND v.name = $severity
