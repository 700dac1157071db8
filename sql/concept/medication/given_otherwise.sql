-- The exposure drug as it was given to candidates but is no exposure of theirs: by another route
-- than the study's ($routes), or outside the window that exposure_read.sql looks at.
-- Grain: candidate admission and route (unknown where nobody states one); in_window: whether some
-- dose by that route was started in the window [time_zero + $start_hours, time_zero + $end_hours]
-- ($end_hours NULL: without an end); asked: whether the route is one of the study's.
-- Read only where nobody is exposed, to say why.
SELECT
    c.hospital_id,
    c.admission_id,
    COALESCE(d.route, 'unknown') AS route,
    BOOL_OR(a.drug IS NOT NULL) AS asked,
    BOOL_OR(
        m.started_at >= c.time_zero + TO_SECONDS($start_hours * 3600)
        AND (
            $end_hours IS NULL
            OR m.started_at <= c.time_zero + TO_SECONDS($end_hours * 3600)
        )
    ) AS in_window
FROM candidate AS c
INNER JOIN GIVEN('medication') AS m ON c.admission_id = m.admission_id
INNER JOIN ref.included AS i ON m.drug = i.drug
INNER JOIN ref.drug AS d ON m.drug = d.drug
LEFT JOIN BY_ROUTE($codelist, $routes) AS a ON m.drug = a.drug
WHERE i.codelist = $codelist
GROUP BY c.hospital_id, c.admission_id, COALESCE(d.route, 'unknown')
