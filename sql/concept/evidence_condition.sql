-- Whether a condition is coded for the admission, present on admission or not.
-- met: TRUE any such code; FALSE other codes only; NULL no diagnosis was coded at all (a stay
-- without codes says nothing about the condition).
-- Grain: eligible admission. first_at: the earliest dated code; NULL when none is dated.
-- $condition: a condition of the code list (table ref.condition).
WITH coded AS (
    SELECT DISTINCT d.admission_id
    FROM diagnosis AS d
    SEMI JOIN eligible AS e ON d.admission_id = e.admission_id
),

found AS (
    SELECT
        d.admission_id,
        MIN(d.diagnosed_at) AS first_at
    FROM diagnosis AS d
    SEMI JOIN eligible AS e ON d.admission_id = e.admission_id
    INNER JOIN ref.condition AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    WHERE r.condition = $condition
    GROUP BY d.admission_id
)

SELECT
    e.admission_id,
    CASE
        WHEN f.admission_id IS NOT NULL THEN TRUE
        WHEN c.admission_id IS NOT NULL THEN FALSE
    END AS met,
    f.first_at
FROM eligible AS e
LEFT JOIN coded AS c ON e.admission_id = c.admission_id
LEFT JOIN found AS f ON e.admission_id = f.admission_id
