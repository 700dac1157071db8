-- The products that each code list includes: no line of the list excludes or quarantines them.
-- Grain: drug and code list. View `ref.included`; a signed mapping of a product shows at once.
-- product_type: 'unknown' where the list states none or two. concentration_g_per_l, strength_g: as
-- the list declares them, NULL where it states none or two. route_implied: no route is stated, and
-- the list says that the code or the name tells it.
SELECT
    drug,
    codelist,
    IF(MIN(product_type) = MAX(product_type), MIN(product_type), 'unknown') AS product_type,
    IF(
        MIN(concentration_g_per_l) = MAX(concentration_g_per_l), MIN(concentration_g_per_l), NULL
    ) AS concentration_g_per_l,
    IF(MIN(strength_g) = MAX(strength_g), MIN(strength_g), NULL) AS strength_g,
    COALESCE(BOOL_OR(route_implied), FALSE) AS route_implied
FROM ref.drug_class
GROUP BY drug, codelist
HAVING BOOL_AND(verdict = 'include')
