-- What the history of a unit stay lists, coded. Grain: unit stay, path and code.
-- code: that of the longest heading above the path, or the path itself (vocabulary local).
-- Left out, for they name no disease: how the history was taken, tests of the lung, exercise. A row
-- without a path has no code.
-- Source: eICU pastHistory.
WITH listed AS (
    SELECT DISTINCT
        pasthistorypath AS path,
        LOWER(TRIM(REGEXP_REPLACE(pasthistorypath, '\s+', ' ', 'g'))) AS written
    FROM source.pasthistory
),

headed AS (
    SELECT
        path,
        REGEXP_REPLACE(
            REPLACE(REGEXP_EXTRACT(written, 'organ systems ?/ ?(.*)$', 1), ' (r)', ''),
            ' ?/ ?', '/', 'g'
        ) AS heading
    FROM listed
),

codes AS (
    SELECT * FROM prepared.past_code
    UNION ALL
    SELECT * FROM prepared.past_cancer_code
),

coded AS (
    SELECT
        l.path,
        COALESCE(c.vocabulary, 'local') AS vocabulary,
        COALESCE(c.code, l.path) AS code
    FROM headed AS l
    LEFT JOIN codes AS c ON l.heading = c.heading OR STARTS_WITH(l.heading, c.heading || '/')
    WHERE
        l.path IS NULL
        OR NOT REGEXP_MATCHES(
            l.path,
            '/(Past History Obtain Options|Pulmonary Function Tests|Exercise Tolerance)/', 'i'
        )
    QUALIFY LENGTH(c.heading) IS NOT DISTINCT FROM MAX(LENGTH(c.heading)) OVER (PARTITION BY l.path)
)

SELECT
    h.patientunitstayid,
    h.pasthistoryoffset,
    c.vocabulary,
    c.code
FROM source.pasthistory AS h
INNER JOIN coded AS c ON h.pasthistorypath IS NOT DISTINCT FROM c.path
