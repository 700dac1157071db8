-- Overt disseminated intravascular coagulation: an ISTH score of 5 or more on a day of the stay.
-- Grain: eligible admission. met: TRUE the lowest possible score of a day is 5; FALSE the highest
-- possible score of every day with a test is below 5; else NULL. first_at: the beginning of the
-- first such 24 h window. Needs dic_score, score_span.
-- Source: Taylor 2001 (Thromb Haemost 86:1327).
WITH summary AS (
    SELECT
        admission_id,
        CASE WHEN BOOL_OR(dic_lo >= 5) THEN TRUE WHEN BOOL_AND(dic_hi < 5) THEN FALSE END AS met,
        MIN(day) FILTER (WHERE dic_lo >= 5) AS first_day
    FROM dic_score
    GROUP BY admission_id
)

SELECT
    s.admission_id,
    d.met,
    s.anchor_at + (d.first_day - 1) * INTERVAL 24 HOUR AS first_at
FROM score_span AS s
LEFT JOIN summary AS d ON s.admission_id = d.admission_id
