-- Days in intensive care within the stay, fractions kept; overlapping ICU stays count once.
-- Grain: candidate admission with any ICU time (others have no row: NULL, not zero).
-- NULL where an ICU stay has no end on record: nobody knows how long it lasted.
WITH stay_icu AS ( -- noqa: ST03
    SELECT
        i.admission_id,
        TRUE AS kind,
        GREATEST(i.started_at, c.admitted_at) AS started_at,
        CASE
            WHEN i.stopped_at IS NOT NULL THEN LEAST(i.stopped_at, c.discharged_at)
        END AS stopped_at
    FROM icu_stay AS i
    INNER JOIN candidate AS c ON i.admission_id = c.admission_id
),

icu_run AS (
    SELECT
        admission_id,
        MIN(started_at) AS started_at,
        run_stopped_at AS stopped_at
    FROM RUNS('stay_icu')
    GROUP BY admission_id, run_stopped_at
)

SELECT
    admission_id,
    CASE
        WHEN MAX(stopped_at) < TIMESTAMP '9999-12-31'
            THEN SUM(DATE_DIFF('microsecond', started_at, stopped_at)) / 86400e6
    END AS value
FROM icu_run
WHERE stopped_at > started_at
GROUP BY admission_id
