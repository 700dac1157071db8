-- What stands for "hypotension that persists after fluids" in severe sepsis, and when.
-- Grain: admission with such a moment and kind. proxy: vasopressor (running within 24 h of SIRS),
-- or fluids (SBP < 90 mmHg after >= 30 mL/kg within the 24 h before; an unknown weight gives no
-- mL/kg). Needs severe_sepsis, sirs_moment, vasoactive, stay_vital, score_span.
WITH fluid AS (
    SELECT
        m.admission_id,
        m.started_at AS seen_at,
        m.dose / a.weight_kg AS ml_kg,
        NULL::DOUBLE AS sbp
    FROM GIVEN('medication') AS m
    INNER JOIN ref.included AS i ON m.drug = i.drug
    INNER JOIN admission AS a ON m.admission_id = a.admission_id
    SEMI JOIN score_span AS s ON m.admission_id = s.admission_id
    WHERE i.codelist = 'iv_fluid' AND LOWER(TRIM(m.dose_unit)) = 'ml' AND a.weight_kg > 0
),

in_time AS (
    SELECT * FROM fluid
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
WHERE s.met AND f.sbp < 90 AND f.ml_kg_24h >= 30
GROUP BY f.admission_id
UNION ALL
SELECT
    v.admission_id,
    'vasopressor' AS proxy,
    MIN(GREATEST(v.started_at, s.first_at)) AS first_at
FROM vasoactive AS v
INNER JOIN severe_sepsis AS s ON v.admission_id = s.admission_id
INNER JOIN sirs_moment AS m
    ON
        v.admission_id = m.admission_id AND m.seen_at >= v.started_at - INTERVAL 24 HOUR
        AND m.seen_at <= v.stopped_at + INTERVAL 24 HOUR
WHERE s.met AND v.vasopressor
GROUP BY v.admission_id
