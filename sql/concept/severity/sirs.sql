-- Systemic inflammatory response syndrome: two of four criteria abnormal within 24 h.
-- Grain: eligible admission. met: FALSE when no unmeasured criterion could have made two: all four
-- measured, or three measured and none ever abnormal; else NULL. first_at: when the second was
-- seen: of the signs in their order, the first that follows another kind of sign within 24 h (were
-- the other kind further back, the sign between them would have come first).
-- Needs sirs_sign, stay_lab, stay_vital.
-- Source: Hartung 2009 after Bone 1992 (Chest 101:1644).
WITH measured AS (
    SELECT
        admission_id,
        CASE vital_code WHEN 'temperature' THEN 1 WHEN 'heart_rate' THEN 2 ELSE 4 END AS sign
    FROM stay_vital
    WHERE vital_code IN ('temperature', 'heart_rate', 'respiratory_rate')
    UNION ALL
    SELECT
        admission_id,
        CASE analyte WHEN 'paco2' THEN 4 ELSE 8 END AS sign
    FROM stay_lab
    WHERE analyte IN ('paco2', 'wbc', 'bands')
),

counted AS (
    SELECT
        admission_id,
        BIT_COUNT(BIT_OR(sign)) AS n_measured
    FROM measured
    GROUP BY admission_id
),

abnormal AS (
    SELECT DISTINCT admission_id
    FROM sirs_sign
),

ordered AS (
    SELECT
        admission_id,
        seen_at,
        sign,
        LAG(seen_at) OVER earlier AS last_at,
        LAG(sign) OVER earlier AS last_sign
    FROM sirs_sign
    WINDOW earlier AS (PARTITION BY admission_id ORDER BY seen_at)
),

first_moment AS (
    SELECT
        admission_id,
        MIN(seen_at) AS first_at
    FROM ordered
    WHERE sign != last_sign AND seen_at - last_at <= INTERVAL 24 HOUR
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    CASE
        WHEN f.first_at IS NOT NULL THEN TRUE
        WHEN c.n_measured = 4 OR (c.n_measured = 3 AND a.admission_id IS NULL) THEN FALSE
    END AS met,
    f.first_at
FROM eligible AS e
LEFT JOIN counted AS c ON e.admission_id = c.admission_id
LEFT JOIN abnormal AS a ON e.admission_id = a.admission_id
LEFT JOIN first_moment AS f ON e.admission_id = f.admission_id
