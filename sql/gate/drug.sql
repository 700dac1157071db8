-- One row per product: what the checks of `medication` ask of it.
-- Grain: drug. listed: any code list knows it. exposure: the study's code list ($codelist) includes
-- it; exposure_verdict: what that list says (NULL: nothing). immunoglobulin: the name or code says
-- so, in a study of one ($of_immunoglobulin: the code list names such products). The rest from
-- `gate.drug_text`.
WITH own AS (
    SELECT
        drug,
        verdict,
        strength_g
    FROM ref.drug_class
    WHERE codelist = $codelist
),

included AS (
    SELECT drug
    FROM ref.included
    WHERE codelist = $codelist
)

SELECT
    t.drug,
    o.verdict AS exposure_verdict,
    o.strength_g AS product_strength_g,
    t.hcpcs,
    t.mojibake,
    t.full_width,
    t.drug IN (SELECT c.drug FROM ref.drug_class AS c) AS listed,
    i.drug IS NOT NULL AS exposure,
    o.drug IS NOT NULL AS exposure_listed,
    $of_immunoglobulin AND t.immunoglobulin AS immunoglobulin
FROM gate.drug_text AS t
LEFT JOIN own AS o ON t.drug = o.drug
LEFT JOIN included AS i ON t.drug = i.drug
