-- The first, or the last, recorded value of each score in [anchor + start, anchor + end): points.
-- Grain: admission and score (`variable`); no row where none was recorded.
-- Of several values at one time the highest counts.
-- $scores: score codes. $start_hours, $end_hours: the window around table `anchor`.
-- $last: take the last at or before the anchor, and where there is none the first after it.
SELECT
    s.admission_id,
    s.score_code AS variable,
    CASE
        WHEN $last
            THEN COALESCE(
                ARG_MAX(s.value, (s.scored_at, s.value))
                FILTER (WHERE s.scored_at <= a.anchor_at),
                ARG_MIN(s.value, (s.scored_at, -s.value))
                FILTER (WHERE s.scored_at > a.anchor_at)
            )
        ELSE ARG_MIN(s.value, (s.scored_at, -s.value))
    END AS value
FROM score AS s
INNER JOIN anchor AS a ON s.admission_id = a.admission_id
WHERE
    s.score_code IN (SELECT UNNEST($scores)) AND s.value IS NOT NULL
    AND s.scored_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
    AND s.scored_at < a.anchor_at + TO_SECONDS($end_hours * 3600)
GROUP BY ALL
