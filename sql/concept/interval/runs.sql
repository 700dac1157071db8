-- The unbroken run that each interval of a table belongs to. Macro RUNS('<table>'), whatever asks:
-- devices, infusions, vasopressors.
-- Grain and columns: of that table, which has admission_id, kind, started_at and stopped_at (NULL:
-- still on); besides run_started_at and run_stopped_at (a far day: still on). Intervals of one
-- admission and kind that overlap or adjoin are one run; one without length ends nothing.
WITH ended AS (
    SELECT
        *,
        GREATEST(COALESCE(stopped_at, TIMESTAMP '9999-12-31'), started_at) AS ended_at
    FROM QUERY_TABLE(intervals)
),

parted AS (
    SELECT
        *,
        COALESCE(started_at > MAX(ended_at) OVER (
            PARTITION BY admission_id, kind ORDER BY started_at, ended_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), TRUE) AS opens_run
    FROM ended
),

numbered AS (
    SELECT
        *,
        COUNT(*) FILTER (WHERE opens_run) OVER (
            PARTITION BY admission_id, kind ORDER BY started_at, ended_at
        ) AS run_number
    FROM parted
)

SELECT
    * EXCLUDE (ended_at, opens_run, run_number),
    MIN(started_at) OVER run AS run_started_at,
    MAX(ended_at) OVER run AS run_stopped_at
FROM numbered
WINDOW run AS (PARTITION BY admission_id, kind, run_number)
