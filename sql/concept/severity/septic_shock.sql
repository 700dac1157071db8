-- Septic shock by proxy: severe sepsis with a vasopressor, or with SBP < 90 mmHg after >= 30 mL/kg
-- of fluid (which of the two: septic_shock_proxy). Persistence after fluids is not on record.
-- Grain: eligible admission. met: FALSE when severe sepsis is absent, or neither proxy is there, in
-- a hospital that sends administrations, and fluids too if SBP was ever < 90 mmHg, each of a known
-- volume per kg, no vasopressor was set aside, and SIRS is known if one ran; else NULL.
-- Needs sirs, severe_sepsis, septic_shock_proxy, vasopressor_run, fluid_given, stay_vital.
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
),

unmeasured AS (
    SELECT DISTINCT admission_id
    FROM fluid_given
    WHERE ml_kg IS NULL
),

supported AS (
    SELECT DISTINCT admission_id
    FROM vasopressor_run
),

judged AS (
    SELECT
        s.admission_id,
        p.first_at,
        s.met AND CASE
            WHEN p.admission_id IS NOT NULL THEN TRUE
            WHEN NOT SENDS('medication', s.admission_id) THEN NULL
            WHEN UNREAD('medication', 'vasopressor', s.admission_id) THEN NULL
            WHEN i.met IS NULL AND v.admission_id IS NOT NULL THEN NULL
            WHEN h.admission_id IS NULL THEN FALSE
            WHEN u.admission_id IS NULL AND SENDS('iv_fluid', s.admission_id) THEN FALSE
        END AS met
    FROM severe_sepsis AS s
    INNER JOIN sirs AS i ON s.admission_id = i.admission_id
    LEFT JOIN proxy AS p ON s.admission_id = p.admission_id
    LEFT JOIN supported AS v ON s.admission_id = v.admission_id
    LEFT JOIN hypotensive AS h ON s.admission_id = h.admission_id
    LEFT JOIN unmeasured AS u ON s.admission_id = u.admission_id
)

SELECT
    admission_id,
    met,
    CASE WHEN met THEN first_at END AS first_at
FROM judged
