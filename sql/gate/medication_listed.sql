-- The administrations of listed products, each once: of exact copies one.
-- Grain: row of gate.medication_read. row_number: its place there.
SELECT
    r.rowid AS row_number,
    r.*
FROM gate.medication_read AS r
ANTI JOIN gate.medication_repeated AS d
    ON r.medication_id = d.medication_id AND r.admission_id = d.admission_id AND d.copied
UNION ALL
SELECT
    MIN(r.rowid) AS row_number,
    r.*
FROM gate.medication_read AS r
SEMI JOIN gate.medication_repeated AS d
    ON r.medication_id = d.medication_id AND r.admission_id = d.admission_id AND d.copied
GROUP BY ALL
