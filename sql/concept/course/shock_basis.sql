-- On what grounds shock is judged: a vasopressor, and lactate within 24 h of it.
-- Grain: eligible admission. basis: vasopressor_lactate (a lactate > 2 mmol/L within 24 h of a
-- running vasopressor), vasopressor_only (no lactate then), lactate_normal (measured then, never
-- above 2), no_vasopressor; NULL where the hospital sends no administrations.
-- That the vasopressor is needed to hold MAP >= 65 mmHg is not on record and is assumed.
-- first_at: the later of the vasopressor and the lactate. Needs vasopressor_run, stay_lab.
-- Source: Singer 2016 (JAMA 315:801).
WITH near AS (
    SELECT
        v.admission_id,
        v.started_at,
        l.value AS lactate,
        GREATEST(v.started_at, l.collected_at) AS both_at
    FROM vasopressor_run AS v
    LEFT JOIN stay_lab AS l
        ON
            v.admission_id = l.admission_id AND l.analyte = 'lactate'
            AND l.collected_at >= v.started_at - INTERVAL 24 HOUR
            AND l.collected_at <= v.stopped_at + INTERVAL 24 HOUR
),

summary AS (
    SELECT
        admission_id,
        BOOL_OR(lactate > 2) AS raised,
        MIN(both_at) FILTER (WHERE lactate > 2) AS raised_at,
        MIN(started_at) AS started_at
    FROM near
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    CASE
        WHEN s.raised THEN 'vasopressor_lactate'
        WHEN NOT s.raised THEN 'lactate_normal'
        WHEN s.admission_id IS NOT NULL THEN 'vasopressor_only'
        WHEN UNREAD('medication', 'vasopressor', e.admission_id) THEN NULL
        WHEN SENDS('medication', e.admission_id) THEN 'no_vasopressor'
    END AS basis,
    CASE
        WHEN s.raised THEN s.raised_at
        WHEN s.raised IS NULL THEN s.started_at
    END AS first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
