-- Whether a condition is coded for the admission, present on admission or not.
-- met: TRUE any such code; FALSE other codes only; NULL no diagnosis was coded at all (a stay
-- without codes says nothing about the condition), or one of it was set aside.
-- Grain: eligible admission. first_at: the earliest dated code; NULL when none is dated.
-- $condition: a condition of the code list (table ref.condition).
WITH listed AS (
    SELECT DISTINCT
        vocabulary,
        code
    FROM ref.condition
    WHERE condition = $condition
),

coded AS (
    SELECT
        d.admission_id,
        BOOL_OR(r.code IS NOT NULL) AS met,
        MIN(d.diagnosed_at) FILTER (WHERE r.code IS NOT NULL) AS first_at
    FROM diagnosis AS d
    LEFT JOIN listed AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    GROUP BY d.admission_id
)

SELECT
    e.admission_id,
    CASE WHEN c.met OR NOT UNREAD('diagnosis', $condition, e.admission_id) THEN c.met END AS met,
    c.first_at
FROM eligible AS e
LEFT JOIN coded AS c ON e.admission_id = c.admission_id
