-- Mean arterial pressure in mmHg: as measured, else (systolic + 2 diastolic) / 3 of one moment.
-- Grain: admission and moment. lowest_mmhg, highest_mmhg: of all pressures of that moment, as the
-- worst counts on both sides. day: the 24 h window of score_span.
-- Needs tables score_span, stay_vital.
WITH measured AS (
    SELECT
        admission_id,
        measured_at,
        MIN(value) AS lowest_mmhg,
        MAX(value) AS highest_mmhg
    FROM stay_vital
    WHERE vital_code = 'map'
    GROUP BY ALL
),

paired AS (
    SELECT
        s.admission_id,
        s.measured_at,
        MIN(ROUND((s.value + 2 * d.value) / 3, 6)) AS lowest_mmhg,
        MAX(ROUND((s.value + 2 * d.value) / 3, 6)) AS highest_mmhg
    FROM stay_vital AS s
    INNER JOIN stay_vital AS d
        ON s.admission_id = d.admission_id AND s.measured_at = d.measured_at
    ANTI JOIN measured AS m
        ON s.admission_id = m.admission_id AND s.measured_at = m.measured_at
    WHERE s.vital_code = 'sbp' AND d.vital_code = 'dbp'
    GROUP BY ALL
),

pressure AS (
    SELECT * FROM measured
    UNION ALL
    SELECT * FROM paired
)

SELECT
    p.admission_id,
    p.measured_at,
    CASE
        WHEN
            p.measured_at >= s.anchor_at AND p.measured_at < s.ends_at
            THEN (EPOCH_US(p.measured_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1
    END AS day,
    p.lowest_mmhg,
    p.highest_mmhg
FROM pressure AS p
INNER JOIN score_span AS s ON p.admission_id = s.admission_id
