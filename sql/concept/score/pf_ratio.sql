-- PaO2/FiO2 in mmHg at every arterial blood gas of an eligible stay.
-- Grain: admission and time of the gas; two gases at one time count once, with the lower PaO2.
-- FiO2: of what is known then, the last stated; of values stated at one time the highest. Known is
-- (a) a measured FiO2 for 4 h, (b) the FiO2 of every interval of respiratory support that covers
-- the gas, stated when it began, and (c) where none of these states one, the FiO2 of an interval
-- that has ended, for 4 h while the same device goes on. FiO2 outside [0.21, 1] is no FiO2, so the
-- ratio is never infinite.
-- pf_mmhg is NULL where no FiO2 is known: nothing is assumed. supported: an interval of imv, niv or
-- ecmo covers the gas; NULL where none does and the hospital sends no respiratory support, or one
-- of an unknown device does.
-- Source: 4 h look-back as in the MIMIC code repository (concepts/measurement/bg.sql).
-- Needs stay_lab, stay_vital, respiratory_interval.
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

device AS (
    SELECT
        p.admission_id,
        p.measured_at,
        MAX({ 'stated_at': i.started_at, 'fio2': i.fio2 }) FILTER (
            WHERE i.fio2 IS NOT NULL AND COVERS(i.started_at, i.stopped_at, p.measured_at)
        ) AS stated,
        MAX({ 'stated_at': i.started_at, 'fio2': i.fio2 }) FILTER (
            WHERE i.fio2 IS NOT NULL AND p.measured_at <= i.stopped_at + INTERVAL 4 HOUR
        ) AS carried,
        BOOL_OR(
            i.device IN ('imv', 'niv', 'ecmo')
            AND COVERS(i.started_at, i.stopped_at, p.measured_at)
        ) AS ventilated,
        BOOL_OR(
            i.device IS NULL AND COVERS(i.started_at, i.stopped_at, p.measured_at)
        ) AS on_unknown
    FROM pao2 AS p
    INNER JOIN respiratory_interval AS i
        ON
            p.admission_id = i.admission_id
            AND COVERS(i.started_at, i.run_stopped_at, p.measured_at)
    GROUP BY ALL
),

known AS (
    SELECT
        p.*,
        d.ventilated,
        d.on_unknown,
        GREATEST(
            COALESCE(d.stated, d.carried),
            CASE
                WHEN m.measured_at >= p.measured_at - INTERVAL 4 HOUR
                    THEN { 'stated_at': m.measured_at, 'fio2': m.fio2 }
            END
        ).fio2 AS fio2
    FROM pao2 AS p
    ASOF LEFT JOIN measured AS m
        ON p.admission_id = m.admission_id AND p.measured_at >= m.measured_at
    LEFT JOIN device AS d ON p.admission_id = d.admission_id AND p.measured_at = d.measured_at
)

SELECT
    admission_id,
    measured_at,
    pao2_mmhg,
    fio2,
    ROUND(pao2_mmhg / fio2, 6) AS pf_mmhg,
    CASE
        WHEN ventilated THEN TRUE
        WHEN on_unknown THEN NULL
        WHEN SENDS('respiratory_support', admission_id) THEN FALSE
    END AS supported
FROM known
