-- The products that a code list includes, as given by one of some routes. Macro
-- BY_ROUTE(codelist, routes). Grain: product.
-- A product whose source states no route counts where the list says that its code tells the route;
-- otherwise nobody knows how it was given, and it is no administration by any route.
SELECT i.*
FROM ref.included AS i
INNER JOIN ref.drug AS d ON i.drug = d.drug
WHERE
    i.codelist = wanted_list
    AND (
        COALESCE(d.route, 'unknown') IN (SELECT UNNEST(wanted_routes))
        OR (i.route_implied AND COALESCE(d.route, 'unknown') = 'unknown')
    )
