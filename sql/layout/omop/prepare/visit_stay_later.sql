-- The stays of the same person that began after a stay and before its last day was over.
-- Grain: admission and a later one beside it; most admissions have none.
-- Source: prepared.visit_stay.
SELECT
    s.admission_id,
    l.admitted_at,
    l.discharged_at
FROM prepared.visit_stay AS s
INNER JOIN prepared.visit_stay AS l
    ON
        s.person_id = l.person_id
        AND (s.admitted_at, s.admission_id) < (l.admitted_at, l.admission_id)
        AND l.admitted_at::DATE <= s.discharged_at::DATE
