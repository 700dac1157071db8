-- SOFA as it is known when each day from time zero begins: day d is of the 24 h before d days after
-- time zero, and nothing later is in it.
-- Grain: candidate admission and day, from 0 to the first that begins at the end of the stay or
-- after it (of a stay without an end: for as long as score_span goes).
-- A component that was not measured in the 24 h is the last one of the stay that was, for at most
-- $carried_days days; without one it is NULL. sofa: as recorded in the 24 h (the highest); else the
-- sum of the components, a missing one counting 0, where at most $max_missing are missing; else as
-- recorded, carried as a component is; else NULL.
-- Needs sofa and score_span, whose first window begins $days_before days before time zero.
WITH recorded AS (
    SELECT
        s.admission_id,
        (EPOCH_US(s.scored_at) - EPOCH_US(p.anchor_at)) // 86400000000 + 1 AS day,
        MAX(s.value) AS sofa
    FROM score AS s
    INNER JOIN score_span AS p ON s.admission_id = p.admission_id
    WHERE
        s.score_code = 'sofa' AND s.value IS NOT NULL
        AND s.scored_at >= GREATEST(p.anchor_at, p.admitted_at)
        AND s.scored_at < LEAST(p.ends_at, p.left_at)
    GROUP BY ALL
),

carried AS (
    SELECT
        f.admission_id,
        f.day - $days_before AS day,
        r.sofa AS recorded,
        LAST_VALUE(r.sofa IGNORE NULLS) OVER recent AS recorded_before,
        LAST_VALUE(f.respiration IGNORE NULLS) OVER recent AS respiration,
        LAST_VALUE(f.coagulation IGNORE NULLS) OVER recent AS coagulation,
        LAST_VALUE(f.liver IGNORE NULLS) OVER recent AS liver,
        LAST_VALUE(f.cardiovascular IGNORE NULLS) OVER recent AS cardiovascular,
        LAST_VALUE(f.nervous IGNORE NULLS) OVER recent AS nervous,
        LAST_VALUE(f.renal IGNORE NULLS) OVER recent AS renal
    FROM sofa AS f
    LEFT JOIN recorded AS r ON f.admission_id = r.admission_id AND f.day = r.day
    WINDOW recent AS (
        PARTITION BY f.admission_id ORDER BY f.day
        ROWS BETWEEN $carried_days PRECEDING AND CURRENT ROW
    )
),

summed AS (
    SELECT
        *,
        LIST_SUM([respiration, coagulation, liver, cardiovascular, nervous, renal]) AS known,
        LIST_COUNT([respiration, coagulation, liver, cardiovascular, nervous, renal]) AS n_known
    FROM carried
)

SELECT
    admission_id,
    day::INTEGER AS day,
    COALESCE(
        recorded, CASE WHEN n_known >= 6 - $max_missing THEN known END, recorded_before
    )::DOUBLE AS sofa,
    respiration::DOUBLE AS sofa_respiration,
    coagulation::DOUBLE AS sofa_coagulation,
    liver::DOUBLE AS sofa_liver,
    cardiovascular::DOUBLE AS sofa_cardiovascular,
    nervous::DOUBLE AS sofa_nervous,
    renal::DOUBLE AS sofa_renal
FROM summed
WHERE day >= 0
