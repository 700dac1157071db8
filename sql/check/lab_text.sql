-- Results whose unit or code holds full-width or raised characters, or begins with x10 (kind 35).
-- One row per hospital: violated, denominator (results with a unit).
SELECT
    hospital_id,
    SUM(n) FILTER (
        WHERE
        REGEXP_MATCHES(unit || lab_code, '^[xX]10|[\x{FF01}-\x{FF5E}\x{3000}×⁰¹²³⁴-⁹]')
    ) AS violated,
    SUM(n) AS denominator
FROM gate.lab_profile
WHERE unit IS NOT NULL
GROUP BY hospital_id
