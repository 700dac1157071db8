-- The ISTH score of overt disseminated intravascular coagulation in each 24 h window.
-- Grain: admission and day of score_span on which one of its four tests was made. Worst value of
-- the day: platelets >= 100: 0, 50 to < 100: 1, < 50: 2; D-dimer: none 0, moderate 2, strong 3;
-- prothrombin time prolonged < 3 s: 0, 3 to < 6 s: 1, >= 6 s: 2; fibrinogen >= 1 g/L: 0, < 1: 1.
-- Assumed, as the definition leaves them to the laboratory: D-dimer moderate from 0.5 and strong
-- from 5 ug/mL FEU (1 and 10 times the upper limit), PT prolonged beyond 13.5 s.
-- dic_lo, dic_hi: with missing tests at their lowest and highest. Needs score_span, stay_lab.
-- Source: Taylor 2001 (Thromb Haemost 86:1327).
WITH worst AS (
    SELECT
        l.admission_id,
        (EPOCH_US(l.collected_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1 AS day,
        MIN(l.value) FILTER (WHERE l.analyte = 'platelets') AS platelets,
        MAX(l.value) FILTER (WHERE l.analyte = 'd_dimer') AS d_dimer,
        ROUND(MAX(l.value) FILTER (WHERE l.analyte = 'prothrombin_time') - 13.5, 6)
            AS prolonged_s,
        MIN(l.value) FILTER (WHERE l.analyte = 'fibrinogen') AS fibrinogen
    FROM stay_lab AS l
    INNER JOIN score_span AS s ON l.admission_id = s.admission_id
    WHERE
        l.analyte IN ('platelets', 'd_dimer', 'prothrombin_time', 'fibrinogen')
        AND l.collected_at >= s.anchor_at AND l.collected_at < s.ends_at
    GROUP BY l.admission_id, day
),

pointed AS (
    SELECT
        admission_id,
        day,
        CASE WHEN platelets < 50 THEN 2 WHEN platelets < 100 THEN 1 WHEN platelets >= 100 THEN 0 END
            AS platelet_points,
        CASE WHEN d_dimer >= 5 THEN 3 WHEN d_dimer >= 0.5 THEN 2 WHEN d_dimer < 0.5 THEN 0 END
            AS fibrin_points,
        CASE
            WHEN prolonged_s >= 6 THEN 2 WHEN prolonged_s >= 3 THEN 1 WHEN prolonged_s < 3 THEN 0
        END AS time_points,
        CASE WHEN fibrinogen < 1 THEN 1 WHEN fibrinogen >= 1 THEN 0 END AS fibrinogen_points
    FROM worst
)

SELECT
    admission_id,
    day,
    COALESCE(platelet_points, 0) + COALESCE(fibrin_points, 0)
    + COALESCE(time_points, 0) + COALESCE(fibrinogen_points, 0) AS dic_lo,
    COALESCE(platelet_points, 2) + COALESCE(fibrin_points, 3)
    + COALESCE(time_points, 2) + COALESCE(fibrinogen_points, 1) AS dic_hi
FROM pointed
