-- Whether any of several kinds of evidence is there. NULL: none is, and one was not measured.
-- Grain: admission.
SELECT
    e.admission_id,
    CASE
        WHEN BOOL_OR(v.met) THEN TRUE
        WHEN BOOL_AND(v.met IS NOT NULL) THEN FALSE
    END AS met,
    MIN(v.first_at) FILTER (WHERE v.met) AS first_at
FROM eligible AS e
LEFT JOIN evidence AS v ON e.admission_id = v.admission_id
GROUP BY e.admission_id
