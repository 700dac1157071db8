-- The end of the unbroken run that each interval of a table belongs to. Macro RUNS('<table>'),
-- whatever asks: devices, infusions, vasopressors, intensive care.
-- Grain and columns: of that table, which has admission_id, kind, started_at and stopped_at (NULL:
-- still on); besides run_stopped_at (a far day: still on). Intervals of one admission and kind that
-- overlap or adjoin are one run; one without length ends nothing. A kind's runs share no moment, so
-- their ends tell them apart.
WITH ended AS (
    SELECT
        *,
        GREATEST(COALESCE(stopped_at, TIMESTAMP '9999-12-31'), started_at) AS ended_at
    FROM QUERY_TABLE(intervals)
),

reached AS (
    SELECT
        *,
        MAX(ended_at) OVER in_time AS reached_at,
        LEAD(started_at) OVER in_time AS next_at
    FROM ended
    WINDOW in_time AS (PARTITION BY admission_id, kind ORDER BY started_at, ended_at)
)

SELECT
    * EXCLUDE (ended_at, reached_at, next_at),
    FIRST_VALUE(
        CASE WHEN next_at IS NULL OR next_at > reached_at THEN reached_at END IGNORE NULLS
    ) OVER (
        PARTITION BY admission_id, kind ORDER BY started_at, ended_at
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS run_stopped_at
FROM reached
