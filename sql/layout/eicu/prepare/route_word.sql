-- What the routes of orders mean. Grain: routeadmin as written.
-- Source: eICU medication. What says no route ("MISC", ".ROUTE", a dispensing machine) is unknown.
WITH written AS (
    SELECT DISTINCT
        routeadmin,
        LOWER(REGEXP_REPLACE(TRIM(routeadmin), '\s+', ' ', 'g')) AS way
    FROM source.medication
)

SELECT
    routeadmin,
    CASE
        WHEN
            way SIMILAR TO '(iv|i[.]v[.]|ivp|ivpb|pb|imv|lvf|inj)( .*)?'
            OR REGEXP_MATCHES(
                way, 'intraven|^ivdrip|^iv[ (/-]|(central|periph|cosig) iv|proc ivp|piggyback'
            ) THEN 'iv'
        WHEN REGEXP_MATCHES(way, '^(sc|sq|subq|sub-q|s[.]c[.])$|subcu') THEN 'sc'
        WHEN REGEXP_MATCHES(way, '^(im|i[.]m[.])$|^ij$|intramusc') THEN 'im'
        WHEN
            REGEXP_MATCHES(
                way,
                '^(po|p[.]o[.]|ng|ngt|og|ogt|peg|gt|jt|tf|ft|tube|nb)$|^po[ (/]|oral|nasogas|tube'
                || '|^ng[- /]|^peg|gastric|feeding|chewed|by mouth'
            ) AND NOT REGEXP_MATCHES(way, 'swab|mucosa|rinse') THEN 'po'
        WHEN
            REGEXP_MATCHES(
                way,
                '^(inh|ih|neb|svn|in|ik|top|tp|td|pr|re|rc|rec|rtl|sl|mt|id|ou|oph|irr|nas)$'
                || '|inhal|inhl|neb|topic|topl|rect|transderm|subling|eye|ophth|nare|nasal'
                || '|nostril|mouth|muco|swish|swab|intraderm|epidural|arteri|urethra|dwell'
                || '|flush|cathet|irrigat|infiltrat|dialysis|vagin|buccal|skin|patch|intra'
            ) THEN 'other'
        ELSE 'unknown'
    END AS route
FROM written
