-- The admissions that met every criterion this hospital can judge, with their time zero.
-- Grain: admission. time_zero: the admission, or the moment of table `moment`. eligible_at: the
-- same of table `timed`, all criteria that are met at some moment: after time zero where people are
-- followed from before they were eligible. eligible_undated: one of these does not say when.
SELECT
    s.*,
    GREATEST(s.admitted_at, m.met_at) AS time_zero,
    GREATEST(s.admitted_at, t.met_at) AS eligible_at,
    COALESCE(t.undated, FALSE) AS eligible_undated
FROM screened AS s
INNER JOIN eligible AS e ON s.admission_id = e.admission_id
LEFT JOIN moment AS m ON s.admission_id = m.admission_id
LEFT JOIN timed AS t ON s.admission_id = t.admission_id
