-- One row per product: what the checks of `medication` ask of it.
-- Grain: drug. listed: any code list knows it. exposure: the study's code list ($codelist) includes
-- it; exposure_verdict: what that list says (NULL: nothing). look_alike: that list watches for it;
-- billed: its code counts billing units in that list; route_denied: that list excludes it for its
-- route alone, which is another than its code or name says; name_denied: its name is of a drug of
-- other lists than its code. route_known: its route is stated, or
-- told by its code, or does not matter to the study ($routes). type_known: its product type is
-- stated, or that list states none at all ($typed). product_*: as that list declares them. The rest
-- from `gate.drug_text`.
WITH own AS (
    SELECT
        drug,
        verdict,
        strength_g
    FROM ref.drug_class
    WHERE codelist = $codelist
),

hint AS (
    SELECT
        drug,
        watched,
        billing_unit_g,
        route_denied,
        name_denied
    FROM ref.drug_hint
    WHERE codelist = $codelist
)

SELECT
    t.drug,
    o.verdict AS exposure_verdict,
    o.strength_g AS product_strength_g,
    t.mojibake,
    t.full_width,
    h.billing_unit_g IS NOT NULL AS billed,
    t.drug IN (SELECT c.drug FROM ref.drug_class AS c) AS listed,
    i.drug IS NOT NULL AS exposure,
    COALESCE(r.route, 'unknown') <> 'unknown'
    OR COALESCE(i.route_implied, FALSE)
    OR LIST_CONTAINS($routes, 'unknown') AS route_known,
    NOT $typed OR i.product_type <> 'unknown' AS type_known,
    i.concentration_g_per_l AS product_concentration_g_per_l,
    o.drug IS NOT NULL AS exposure_listed,
    COALESCE(h.watched, FALSE) AS look_alike,
    COALESCE(h.route_denied, FALSE) AS route_denied,
    COALESCE(h.name_denied, FALSE) AS name_denied
FROM gate.drug_text AS t
INNER JOIN ref.drug AS r ON t.drug = r.drug
LEFT JOIN own AS o ON t.drug = o.drug
LEFT JOIN hint AS h ON t.drug = h.drug
LEFT JOIN ref.included AS i ON t.drug = i.drug AND i.codelist = $codelist
