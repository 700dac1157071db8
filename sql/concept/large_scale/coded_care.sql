-- What was done to candidate admissions before time zero: procedures, and support of breathing.
-- Grain: admission and code. kind: procedure, or device. value: NULL. A device that was on at time
-- zero counts, when it was on before.
SELECT
    c.admission_id,
    'procedure' AS kind,
    p.procedure_code AS code,
    NULL::DOUBLE AS value
FROM procedure AS p
INNER JOIN candidate AS c ON p.admission_id = c.admission_id
WHERE p.started_at < c.time_zero AND p.procedure_code IS NOT NULL
UNION
SELECT
    c.admission_id,
    'device' AS kind,
    r.device AS code,
    NULL::DOUBLE AS value
FROM respiratory_support AS r
INNER JOIN candidate AS c ON r.admission_id = c.admission_id
WHERE r.started_at < c.time_zero AND r.device IS NOT NULL
