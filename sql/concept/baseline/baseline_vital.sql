-- The first, or the last, measurement of each vital sign in [anchor + start, anchor + end), in its
-- standard unit.
-- Grain: admission and vital sign (`variable`); no row where it was not measured.
-- Of several measurements at one time the lowest counts.
-- $vitals: vital codes. $start_hours, $end_hours: the window around table `anchor`.
-- $last: take the last at or before the anchor, and where there is none the first after it.
SELECT
    v.admission_id,
    v.vital_code AS variable,
    CASE
        WHEN $last
            THEN COALESCE(
                ARG_MAX(v.value_std, (v.measured_at, -v.value_std))
                FILTER (WHERE v.measured_at <= a.anchor_at),
                ARG_MIN(v.value_std, (v.measured_at, v.value_std))
                FILTER (WHERE v.measured_at > a.anchor_at)
            )
        ELSE ARG_MIN(v.value_std, (v.measured_at, v.value_std))
    END AS value
FROM vital AS v
INNER JOIN anchor AS a ON v.admission_id = a.admission_id
WHERE
    v.vital_code IN (SELECT UNNEST($vitals)) AND v.value_std IS NOT NULL
    AND v.measured_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
    AND v.measured_at < a.anchor_at + TO_SECONDS($end_hours * 3600)
GROUP BY ALL
