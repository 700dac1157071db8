-- The moment from which on all of some criteria were met, of those judged so far.
-- Grain: admission that met one of them. $names: criteria. met_at: NULL when none has a moment.
-- undated: whether one of them has none, so that nobody knows since when it was met.
SELECT
    admission_id,
    MAX(first_at) AS met_at,
    BOOL_OR(first_at IS NULL) AS undated
FROM criterion
WHERE met AND name IN (SELECT UNNEST($names))
GROUP BY admission_id
