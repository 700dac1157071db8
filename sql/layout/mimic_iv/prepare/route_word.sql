-- What the routes of orders and administrations mean. Grain: route as written.
-- Source: MIMIC-IV prescriptions, emar_detail. What says no route is unknown.
WITH written AS (
    SELECT DISTINCT route
    FROM source.prescriptions
    UNION
    SELECT DISTINCT route
    FROM source.emar_detail
),

spelled AS (
    SELECT
        route,
        LOWER(REGEXP_REPLACE(TRIM(route), '\s+', ' ', 'g')) AS way
    FROM written
    WHERE NULLIF(TRIM(route), '') IS NOT NULL
)

SELECT
    route AS written,
    CASE
        WHEN REGEXP_MATCHES(way, '^(iv|ivpca|pb|ivpb|iv bolus)$|^iv[ -/]|intraven') THEN 'iv'
        WHEN REGEXP_MATCHES(way, '^(sc|sq|subcut|sub-q)$|subcut') THEN 'sc'
        WHEN REGEXP_MATCHES(way, '^im$|intramusc') THEN 'im'
        WHEN REGEXP_MATCHES(way, '^(po|ng|og|oral|j tube|g tube|peg)$|^(po|ng|og)[/ ]|tube')
            THEN 'po'
        WHEN
            REGEXP_MATCHES(
                way,
                '^(ih|pr|tp|td|sl|neb|ou|od|os|ed|nu|it|irr|ir|id|vg|dwell|dialys|buccal|nas|in|ip'
                || '|ij|au|ad|as|mm|lock|pv)$|eye|ear|inhal|topic|rect|neb|dialys|nostril|dwell'
                || '|intra|vagin|transderm|subling|epidural|buccal'
            )
            THEN 'other'
        ELSE 'unknown'
    END AS route
FROM spelled
