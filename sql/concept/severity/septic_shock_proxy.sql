-- What stands for "hypotension that persists after fluids" where severe sepsis is not ruled out,
-- and when: not before severe sepsis.
-- Grain: admission with such a moment and kind. proxy: vasopressor (running within 24 h of SIRS,
-- from when both were seen), or fluids (SBP < 90 mmHg after >= 30 mL/kg within the 24 h before).
-- Needs severe_sepsis, sirs_on_vasopressor, fluid_given, stay_vital.
WITH in_time AS (
    SELECT
        admission_id,
        started_at AS seen_at,
        ml_kg,
        NULL::DOUBLE AS sbp
    FROM fluid_given
    UNION ALL
    SELECT
        admission_id,
        measured_at AS seen_at,
        NULL AS ml_kg,
        value AS sbp
    FROM stay_vital
    WHERE vital_code = 'sbp'
),

filled AS (
    SELECT
        admission_id,
        seen_at,
        sbp,
        SUM(ml_kg::DECIMAL(18, 6)) OVER (
            PARTITION BY admission_id ORDER BY seen_at
            RANGE BETWEEN INTERVAL 24 HOUR PRECEDING AND CURRENT ROW
        ) AS ml_kg_24h
    FROM in_time
)

SELECT
    f.admission_id,
    'fluids' AS proxy,
    MIN(GREATEST(f.seen_at, s.first_at)) AS first_at
FROM filled AS f
INNER JOIN severe_sepsis AS s ON f.admission_id = s.admission_id
WHERE s.met IS DISTINCT FROM FALSE AND f.sbp < 90 AND f.ml_kg_24h >= 30
GROUP BY f.admission_id
UNION ALL
SELECT
    v.admission_id,
    'vasopressor' AS proxy,
    MIN(v.seen_at) AS first_at
FROM sirs_on_vasopressor AS v
INNER JOIN severe_sepsis AS s ON v.admission_id = s.admission_id
WHERE s.met IS DISTINCT FROM FALSE
GROUP BY v.admission_id
