-- Severe COVID-19 by either definition. Needs severe_china_v6 and severe_who_2020_01.
-- met: TRUE one is met; FALSE neither is; NULL one is not measured and the other not met.
-- Grain: eligible admission. first_at: the earlier of the two.
SELECT
    c.admission_id,
    c.met OR w.met AS met,
    LEAST(c.first_at, w.first_at) AS first_at
FROM severe_china_v6 AS c
INNER JOIN severe_who_2020_01 AS w ON c.admission_id = w.admission_id
