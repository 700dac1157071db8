-- The admissions that met every criterion this hospital can judge, with their time zero.
-- Grain: admission. time_zero: the admission, or the first moment at which all of $moments were met
-- (names of criteria; none: the admission). eligible_at: the same of $timed, all criteria that say
-- when they were met: after time zero where people are followed from before they were eligible.
WITH moment AS (
    SELECT
        admission_id,
        MAX(first_at) FILTER (WHERE name IN (SELECT UNNEST($moments))) AS zero_at,
        MAX(first_at) FILTER (WHERE name IN (SELECT UNNEST($timed))) AS all_at
    FROM criterion
    WHERE met
    GROUP BY admission_id
)

SELECT
    s.*,
    GREATEST(s.admitted_at, m.zero_at) AS time_zero,
    GREATEST(s.admitted_at, m.all_at) AS eligible_at
FROM screened AS s
INNER JOIN eligible AS e ON s.admission_id = e.admission_id
LEFT JOIN moment AS m ON s.admission_id = m.admission_id
