-- Results whose unit is a number: the columns of these rows have slipped (kind 43).
-- One row per hospital: violated, denominator (results with a unit).
SELECT
    hospital_id,
    SUM(n) FILTER (WHERE REGEXP_FULL_MATCH(TRIM(unit), '[-+]?[0-9]+([.,][0-9]+)?')) AS violated,
    SUM(n) AS denominator
FROM gate.lab_profile
WHERE unit IS NOT NULL
GROUP BY hospital_id
