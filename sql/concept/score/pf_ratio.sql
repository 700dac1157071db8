-- PaO2/FiO2 in mmHg at every arterial blood gas of an eligible stay.
-- Grain: admission and time of the gas; two gases at one time count once, with the lower PaO2.
-- FiO2: the most recent of (a) the last measured FiO2 up to 4 h old and (b) the FiO2 of the last
-- respiratory support begun and not yet stopped (room air without a figure is 0.21). Values at one
-- time: the highest. FiO2 outside [0.21, 1] is no FiO2, so the ratio is never infinite.
-- pf_mmhg is NULL where no FiO2 is known: nothing is assumed. supported: on imv, niv or ecmo then.
-- Source: 4 h look-back as in the MIMIC code repository (concepts/measurement/bg.sql).
-- Needs stay_lab, stay_vital.
WITH pao2 AS (
    SELECT
        admission_id,
        collected_at AS measured_at,
        MIN(value) AS pao2_mmhg
    FROM stay_lab
    WHERE analyte = 'pao2' AND value > 0
    GROUP BY ALL
),

measured AS (
    SELECT
        admission_id,
        measured_at,
        MAX(value) AS fio2
    FROM stay_vital
    WHERE vital_code = 'fio2' AND value BETWEEN 0.21 AND 1
    GROUP BY ALL
),

support AS (
    SELECT
        r.admission_id,
        r.started_at,
        MAX(COALESCE(r.stopped_at, TIMESTAMP '9999-12-31')) AS stopped_at,
        MAX(CASE
            WHEN r.fio2 BETWEEN 0.21 AND 1 THEN r.fio2
            WHEN r.device = 'room_air' AND r.fio2 IS NULL THEN 0.21
        END) AS fio2,
        BOOL_OR(r.device IN ('imv', 'niv', 'ecmo')) AS ventilated
    FROM respiratory_support AS r
    SEMI JOIN pao2 AS p ON r.admission_id = p.admission_id
    GROUP BY ALL
),

paired AS (
    SELECT
        p.*,
        COALESCE(s.ventilated AND p.measured_at < s.stopped_at, FALSE) AS supported,
        CASE WHEN m.measured_at >= p.measured_at - INTERVAL 4 HOUR THEN m.measured_at END
            AS vital_at,
        CASE WHEN m.measured_at >= p.measured_at - INTERVAL 4 HOUR THEN m.fio2 END AS vital_fio2,
        CASE WHEN s.fio2 IS NOT NULL AND p.measured_at < s.stopped_at THEN s.started_at END
            AS device_at,
        CASE WHEN p.measured_at < s.stopped_at THEN s.fio2 END AS device_fio2
    FROM pao2 AS p
    ASOF LEFT JOIN measured AS m
        ON p.admission_id = m.admission_id AND p.measured_at >= m.measured_at
    ASOF LEFT JOIN support AS s
        ON p.admission_id = s.admission_id AND p.measured_at >= s.started_at
),

known AS (
    SELECT
        *,
        CASE
            WHEN vital_at IS NULL OR device_at > vital_at THEN device_fio2
            WHEN device_at = vital_at THEN GREATEST(vital_fio2, device_fio2)
            ELSE vital_fio2
        END AS fio2
    FROM paired
)

SELECT
    admission_id,
    measured_at,
    pao2_mmhg,
    fio2,
    ROUND(pao2_mmhg / fio2, 6) AS pf_mmhg,
    supported
FROM known
