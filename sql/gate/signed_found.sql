-- What each signed code and unit of this hospital found. Grain: entry, by kind and number; an entry
-- without any row has none here. n_rows: lab results that it is about; n_changed: those that it
-- changes (a code that a list knows already stays what the list says; what is signed for a month
-- goes before what is signed for all).
SELECT
    'code' AS kind,
    c.number,
    COUNT(*) AS n_rows,
    COUNT(*) FILTER (WHERE r.analyte IS NULL) AS n_changed
FROM resolved.lab_unsigned AS r
INNER JOIN ref.signed_code AS c
    ON
        r.vocabulary IS NOT DISTINCT FROM c.vocabulary
        AND r.lab_code = c.code
        AND r.unit IS NOT DISTINCT FROM c.unit
GROUP BY c.number
UNION ALL
SELECT
    'unit' AS kind,
    s.number,
    COUNT(*) AS n_rows,
    COUNT(*) FILTER (
        WHERE (s.factor_written <> s.factor_meant OR s.shift_written <> s.shift_meant)
        AND (s.month IS NOT NULL OR m.month IS NULL)
    ) AS n_changed
FROM resolved.lab AS k
INNER JOIN ref.signed_unit AS s
    ON
        k.analyte = s.analyte
        AND k.unit = s.unit
        AND (s.month IS NULL OR s.month = STRFTIME(k.collected_at, '%Y-%m'))
LEFT JOIN ref.signed_unit AS m
    ON k.analyte = m.analyte AND k.unit = m.unit AND m.month = STRFTIME(k.collected_at, '%Y-%m')
GROUP BY s.number
