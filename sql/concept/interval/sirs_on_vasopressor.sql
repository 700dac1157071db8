-- SIRS within 24 h of a running vasopressor: while it runs, up to 24 h before, or up to 24 h after.
-- Grain: run of vasopressors with such a moment. seen_at: when both had been seen, for the first
-- time in this run. Needs sirs_moment, vasopressor_run.
SELECT
    v.admission_id,
    v.started_at,
    MIN(GREATEST(v.started_at, m.seen_at)) AS seen_at
FROM vasopressor_run AS v
INNER JOIN sirs_moment AS m
    ON
        v.admission_id = m.admission_id AND m.seen_at >= v.started_at - INTERVAL 24 HOUR
        AND m.seen_at <= v.stopped_at + INTERVAL 24 HOUR
GROUP BY v.admission_id, v.started_at
