-- Whether what a concept defines (table `concept_met`) arose after time zero, absent at baseline.
-- Grain: candidate admission. value: TRUE first met at or after time zero; FALSE never met, or met
-- before; NULL not measured. Needs `concept_met` (admission_id, met, first_at).
SELECT
    c.admission_id,
    CASE WHEN m.met THEN m.first_at >= c.time_zero ELSE m.met END AS value
FROM candidate AS c
LEFT JOIN concept_met AS m ON c.admission_id = m.admission_id
