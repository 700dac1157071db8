-- Whether any of several kinds of evidence is there. NULL: none is, and one was not measured.
-- Grain: admission.
WITH summary AS (
    SELECT
        admission_id,
        BOOL_OR(met) AS any_met,
        BOOL_AND(met IS NOT NULL) AS all_known,
        MIN(first_at) FILTER (WHERE met) AS first_at
    FROM evidence
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    CASE WHEN s.any_met THEN TRUE WHEN s.all_known THEN FALSE END AS met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
