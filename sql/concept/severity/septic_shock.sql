-- Septic shock by proxy: severe sepsis with a vasopressor, or with SBP < 90 mmHg after >= 30 mL/kg
-- of fluid (which of the two: septic_shock_proxy). Persistence after fluids is not on record.
-- Grain: eligible admission. met: FALSE when severe sepsis is absent, or it is there with neither
-- proxy, in a hospital that sends administrations, and fluids too if SBP was ever < 90 mmHg; else
-- NULL. Needs severe_sepsis, septic_shock_proxy, stay_vital.
-- Source: Hartung 2009 after Bone 1992 (Chest 101:1644).
WITH proxy AS (
    SELECT
        admission_id,
        MIN(first_at) AS first_at
    FROM septic_shock_proxy
    GROUP BY admission_id
),

hypotensive AS (
    SELECT DISTINCT admission_id
    FROM stay_vital
    WHERE vital_code = 'sbp' AND value < 90
)

SELECT
    s.admission_id,
    s.met AND CASE
        WHEN p.admission_id IS NOT NULL THEN TRUE
        WHEN NOT SENDS('medication', s.admission_id) THEN NULL
        WHEN h.admission_id IS NULL THEN FALSE
        WHEN SENDS('iv_fluid', s.admission_id) THEN FALSE
    END AS met,
    p.first_at
FROM severe_sepsis AS s
LEFT JOIN proxy AS p ON s.admission_id = p.admission_id
LEFT JOIN hypotensive AS h ON s.admission_id = h.admission_id
