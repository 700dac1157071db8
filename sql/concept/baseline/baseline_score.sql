-- The first recorded value of each score in [anchor + start, anchor + end), in points.
-- Grain: admission and score (`variable`); no row where none was recorded.
-- Of several values at one time the highest counts.
-- $scores: score codes. $start_hours, $end_hours: the window around table `anchor`.
SELECT
    s.admission_id,
    s.score_code AS variable,
    ARG_MIN(s.value, (s.scored_at, -s.value)) AS value
FROM score AS s
INNER JOIN anchor AS a ON s.admission_id = a.admission_id
WHERE
    s.score_code IN (SELECT UNNEST($scores)) AND s.value IS NOT NULL
    AND s.scored_at >= a.anchor_at + TO_SECONDS($start_hours * 3600)
    AND s.scored_at < a.anchor_at + TO_SECONDS($end_hours * 3600)
GROUP BY ALL
