-- Days in intensive care within the stay, fractions kept; overlapping ICU stays count once.
-- Grain: candidate admission with any ICU time (others have no row: NULL, not zero).
-- An ICU stay without an end lasts to discharge; both unknown: NULL.
WITH clipped AS (
    SELECT
        i.admission_id,
        GREATEST(i.started_at, c.admitted_at) AS started_at,
        LEAST(i.stopped_at, c.discharged_at) AS stopped_at
    FROM icu_stay AS i
    INNER JOIN candidate AS c ON i.admission_id = c.admission_id
),

covered AS (
    SELECT
        admission_id,
        started_at,
        stopped_at,
        MAX(stopped_at) OVER (
            PARTITION BY admission_id ORDER BY started_at, stopped_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_until
    FROM clipped
    WHERE stopped_at IS NULL OR stopped_at > started_at
)

SELECT
    admission_id,
    CASE
        WHEN BOOL_AND(stopped_at IS NOT NULL)
            THEN SUM(
                GREATEST(
                    DATE_DIFF('microsecond', GREATEST(started_at, covered_until), stopped_at), 0
                )
            ) / 86400e6
    END AS value
FROM covered
GROUP BY admission_id
