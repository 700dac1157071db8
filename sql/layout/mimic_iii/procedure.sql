-- One row per run of continuous renal replacement, haemodialysis or prone position.
-- Prone: from a charted prone position to the next other one, at most $support_hours after the
-- last. CareVue charts the flow of dialysate hourly (146): flows at most $support_hours apart are
-- one run.
-- Source: MIMIC-III procedureevents_mv (225802, 225441), chartevents. ECMO has no item of its own
-- with an end.
WITH record AS (
    SELECT
        hadm_id,
        'prone_position' AS procedure_code,
        charttime,
        PLAIN_WORD(value) = 'prone' AS active
    FROM source.chartevents
    WHERE itemid IN ('224093', '547')
    UNION ALL
    SELECT
        hadm_id,
        'crrt' AS procedure_code,
        charttime,
        TRUE AS active
    FROM source.chartevents
    WHERE itemid = '146' AND valuenum > 0 AND COALESCE(error, 0) <> 1
),

moment AS (
    SELECT
        hadm_id,
        procedure_code,
        charttime,
        BOOL_OR(active) AS active
    FROM record
    WHERE hadm_id IS NOT NULL
    GROUP BY hadm_id, procedure_code, charttime
),

beside AS (
    SELECT
        *,
        LAG(active) OVER in_time AS active_before,
        LAG(charttime) OVER in_time + TO_SECONDS($support_hours * 3600) AS held_until,
        LEAD(charttime) OVER in_time AS next_time
    FROM moment
    WINDOW in_time AS (PARTITION BY hadm_id, procedure_code ORDER BY charttime)
),

run AS (
    SELECT
        *,
        COUNT_IF(active_before IS NOT TRUE OR charttime > held_until) OVER (
            PARTITION BY hadm_id, procedure_code ORDER BY charttime
        ) AS run_number
    FROM beside
    WHERE active
)

SELECT
    'BIDMC' AS hospital_id,
    r.hadm_id AS admission_id,
    r.procedure_code,
    MIN(r.charttime) AS started_at,
    CASE
        WHEN r.procedure_code <> 'prone_position' THEN MAX(r.charttime)
        ELSE MAX(LEAST(r.next_time, r.charttime + TO_SECONDS($support_hours * 3600)))
    END AS stopped_at
FROM run AS r
GROUP BY r.hadm_id, r.procedure_code, r.run_number
UNION ALL
SELECT
    'BIDMC' AS hospital_id,
    p.hadm_id AS admission_id,
    CASE WHEN p.itemid = '225802' THEN 'crrt' ELSE 'hemodialysis' END AS procedure_code,
    p.starttime AS started_at,
    p.endtime AS stopped_at
FROM source.procedureevents_mv AS p
WHERE
    p.itemid IN ('225802', '225441') AND p.hadm_id IS NOT NULL
    AND PLAIN_WORD(p.statusdescription) IS DISTINCT FROM 'rewritten'
