-- What candidate admissions were given before time zero: drugs, and the code lists that have them.
-- Grain: admission and code. kind: drug (its code, or its name where the code is a hospital's own
-- or there is none), drug_group (the first four characters of an ATC code), or drug_list. value:
-- NULL. Products of the exposure's own list are in none of them, whatever their route.
-- $codelist: the code list of the exposure.
WITH own AS (
    SELECT DISTINCT drug FROM ref.included
    WHERE codelist = $codelist
),

given_before AS (
    SELECT DISTINCT
        c.admission_id,
        c.hospital_id,
        m.drug
    FROM GIVEN('medication') AS m
    INNER JOIN candidate AS c ON m.admission_id = c.admission_id
    ANTI JOIN own AS o ON m.drug = o.drug
    WHERE m.started_at < c.time_zero
),

named AS (
    SELECT
        drug,
        vocabulary,
        drug_code,
        LOWER(TRIM(drug_name)) AS name,
        COALESCE(vocabulary, 'local') <> 'local' AND drug_code IS NOT NULL AS coded
    FROM ref.drug
)

SELECT
    g.admission_id,
    'drug' AS kind,
    CASE
        WHEN n.coded THEN n.vocabulary || ' ' || n.drug_code
        ELSE COALESCE(n.name, g.hospital_id || ' ' || n.drug_code)
    END AS code,
    NULL::DOUBLE AS value
FROM given_before AS g
INNER JOIN named AS n ON g.drug = n.drug
WHERE n.coded OR n.name IS NOT NULL OR n.drug_code IS NOT NULL
UNION
SELECT
    g.admission_id,
    'drug_group' AS kind,
    n.vocabulary || ' ' || LEFT(UPPER(n.drug_code), 4) AS code,
    NULL::DOUBLE AS value
FROM given_before AS g
INNER JOIN named AS n ON g.drug = n.drug
WHERE n.vocabulary = 'ATC' AND LENGTH(n.drug_code) > 4
UNION
SELECT
    g.admission_id,
    'drug_list' AS kind,
    i.codelist AS code,
    NULL::DOUBLE AS value
FROM given_before AS g
INNER JOIN ref.included AS i ON g.drug = i.drug
