-- The administrations of a table that count as given, whatever asks: exposure, covariate, outcome,
-- criterion or check. Macro GIVEN('<table>'); grain and columns: of that table.
-- Given: the status says given, or stopped (begun, then stopped early); an order, a cancelled or an
-- unknown one is no administration. A dose of zero or less is none either, an unknown dose is one;
-- but a stop without a dose and without a length only ends what was begun before.
-- Source: clinical specification section 3.
SELECT *
FROM QUERY_TABLE(administration)
WHERE
    CASE
        WHEN status = 'given' THEN dose > 0 OR dose IS NULL
        WHEN status = 'stopped' THEN dose > 0 OR (dose IS NULL AND stopped_at > started_at)
        ELSE FALSE
    END
