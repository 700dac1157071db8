-- The unbroken runs of vasopressors in eligible stays, whichever agent: a vasopressor was running
-- at every moment from started_at to stopped_at.
-- Grain: one run. Needs vasoactive.
WITH vasopressor AS ( -- noqa: ST03
    SELECT
        admission_id,
        TRUE AS kind,
        started_at,
        stopped_at
    FROM vasoactive
    WHERE vasopressor
)

SELECT
    admission_id,
    MIN(started_at) AS started_at,
    run_stopped_at AS stopped_at
FROM RUNS('vasopressor')
GROUP BY admission_id, run_stopped_at
