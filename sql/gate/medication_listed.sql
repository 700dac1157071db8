-- The administrations of listed products, each once: of exact copies one.
-- Grain: row of gate.medication_read.
SELECT r.*
FROM gate.medication_read AS r
ANTI JOIN gate.medication_repeated AS d
    ON r.medication_id = d.medication_id AND r.admission_id = d.admission_id AND d.copied
UNION ALL
SELECT DISTINCT r.*
FROM gate.medication_read AS r
SEMI JOIN gate.medication_repeated AS d
    ON r.medication_id = d.medication_id AND r.admission_id = d.admission_id AND d.copied
