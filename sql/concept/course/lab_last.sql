-- The last result of an analyte after the baseline and by a horizon, in its standard unit.
-- Grain: candidate admission. value: NULL where none was measured then. Of several results at one
-- time the lowest counts.
-- $analyte. From time zero: $start_hours, when the window of the baseline ends; $within_days, the
-- horizon.
SELECT
    c.admission_id,
    ARG_MAX(l.value_std, (l.collected_at, -l.value_std)) AS value
FROM candidate AS c
LEFT JOIN lab AS l
    ON
        c.admission_id = l.admission_id
        AND l.analyte = $analyte
        AND l.value_std IS NOT NULL
        AND l.collected_at >= c.time_zero + TO_SECONDS($start_hours * 3600)
        AND l.collected_at <= c.time_zero + TO_SECONDS($within_days * 86400)
GROUP BY c.admission_id
