-- What candidate admissions were given before time zero, and the code lists that have it.
-- Grain: admission, product and code list. codelist: NULL for a product in no list. Products of the
-- exposure's own list are left out, whatever their route, in every list.
-- $codelist: the code list of the exposure.
WITH own AS (
    SELECT DISTINCT drug FROM ref.included
    WHERE codelist = $codelist
)

SELECT DISTINCT
    c.admission_id,
    c.hospital_id,
    n.vocabulary,
    n.drug_code,
    n.drug_name,
    i.codelist
FROM GIVEN('medication') AS m
INNER JOIN candidate AS c ON m.admission_id = c.admission_id
ANTI JOIN own AS o ON m.drug = o.drug
INNER JOIN ref.drug AS n ON m.drug = n.drug
LEFT JOIN ref.included AS i ON m.drug = i.drug
WHERE m.started_at < c.time_zero
