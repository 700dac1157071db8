-- The first, or the last, result of each analyte in [anchor + start, anchor + end), in its standard
-- unit.
-- Grain: admission and analyte (`variable`); no row where the analyte was not measured.
-- Of several results at one time the lowest counts, so the answer never depends on row order.
-- $analytes: analyte names. $start_hours, $end_hours: the window around table `anchor`.
-- $last: take the last at or before the anchor, and where there is none the first after it.
SELECT
    l.admission_id,
    l.analyte AS variable,
    CASE
        WHEN $last
            THEN COALESCE(
                ARG_MAX(l.value_std, (l.collected_at, -l.value_std))
                FILTER (WHERE l.collected_at <= a.anchor_at),
                ARG_MIN(l.value_std, (l.collected_at, l.value_std))
                FILTER (WHERE l.collected_at > a.anchor_at)
            )
        ELSE ARG_MIN(l.value_std, (l.collected_at, l.value_std))
    END AS value
FROM lab AS l
INNER JOIN anchor AS a ON l.admission_id = a.admission_id
WHERE
    l.analyte IN (SELECT UNNEST($analytes)) AND l.value_std IS NOT NULL
    AND l.collected_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
    AND l.collected_at < a.anchor_at + TO_SECONDS($end_hours * 3600)
GROUP BY ALL
