-- The events of a table of administrations by which one ends that was begun before: stopped without
-- a dose of its own, or a rate or dose of zero. Macro ENDED('<table>'); grain and columns: of that
-- table. None of them counts as given.
SELECT *
FROM QUERY_TABLE(administration)
WHERE
    CASE
        WHEN status = 'given' THEN dose <= 0
        WHEN status = 'stopped'
            THEN dose <= 0 OR (dose IS NULL AND NOT COALESCE(stopped_at > started_at, FALSE))
        ELSE FALSE
    END
