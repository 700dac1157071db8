-- The admissions that met every criterion judged so far.
-- Grain: admission. Criteria that need other hospitals (index admission) are judged later.
SELECT
    s.admission_id,
    s.admitted_at,
    s.discharged_at,
    s.age_years
FROM screened AS s
WHERE NOT EXISTS (
    SELECT 1 FROM criterion AS c
    WHERE c.admission_id = s.admission_id AND c.met IS NOT TRUE
)
