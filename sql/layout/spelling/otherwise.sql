-- Rows whose id is a listed one but for how it is written.
-- Source: main.named_id and main.listed_id (id); functions BARE_ID, NUMBER_ID and LETTERS_ID.
-- Grain: kind (1 blanks, 2 a number, 3 letters; the first is told). A kind counts only where the
-- listed ids tell themselves apart without it: where 7 and 007 are two persons, zeros do.
WITH listed AS (
    SELECT DISTINCT
        id,
        BARE_ID(id) AS bare
    FROM main.listed_id
    WHERE id IS NOT NULL
),

unlisted AS (
    SELECT
        n.id,
        BARE_ID(n.id) AS bare,
        COUNT(*) AS n
    FROM main.named_id AS n
    ANTI JOIN listed AS l ON n.id = l.id
    WHERE n.id IS NOT NULL
    GROUP BY n.id
),

listed_as AS (
    SELECT
        UNNEST([1, 2, 3]) AS kind,
        UNNEST([bare, NUMBER_ID(bare), LETTERS_ID(bare)]) AS plain
    FROM listed
),

unlisted_as AS (
    SELECT
        n,
        UNNEST([1, 2, 3]) AS kind,
        UNNEST([bare, NUMBER_ID(bare), LETTERS_ID(bare)]) AS plain
    FROM unlisted
),

ambiguous AS (
    SELECT kind
    FROM listed_as
    GROUP BY kind
    HAVING COUNT(*) > COUNT(DISTINCT plain)
)

SELECT
    u.kind,
    SUM(u.n)::BIGINT AS n
FROM unlisted_as AS u
SEMI JOIN listed_as AS l ON u.kind = l.kind AND u.plain = l.plain
ANTI JOIN ambiguous AS a ON u.kind = a.kind
WHERE u.plain <> ''
GROUP BY u.kind
ORDER BY u.kind
