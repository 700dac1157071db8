-- One row per interval. A charted device holds until the next charted moment, the discharge, or
-- $support_hours, whichever is first; of several at one moment the most invasive counts.
-- Ventilation that was recorded with a start and an end is an interval of its own.
-- Source: MIMIC-IV chartevents (prepared.support_point), procedureevents. fio2: a vital sign here.
WITH charted AS (
    SELECT
        hadm_id,
        charttime,
        ARG_MAX(device, LIST_POSITION(
            ['room_air', 'nasal_cannula', 'face_mask', 'hfnc', 'niv', 'imv'], device
        )) AS device
    FROM prepared.support_point
    GROUP BY hadm_id, charttime
),

followed AS (
    SELECT
        *,
        LEAD(charttime) OVER (PARTITION BY hadm_id ORDER BY charttime) AS next_time
    FROM charted
)

SELECT
    'BIDMC' AS hospital_id,
    f.hadm_id AS admission_id,
    f.device,
    NULL AS fio2,
    f.charttime AS started_at,
    GREATEST(f.charttime, LEAST(
        f.next_time, f.charttime + TO_SECONDS($support_hours * 3600), s.dischtime
    )) AS stopped_at
FROM followed AS f
INNER JOIN prepared.stay AS s ON f.hadm_id = s.hadm_id
UNION ALL
SELECT
    'BIDMC' AS hospital_id,
    p.hadm_id AS admission_id,
    CASE WHEN p.itemid = '225792' THEN 'imv' ELSE 'niv' END AS device,
    NULL AS fio2,
    p.starttime AS started_at,
    p.endtime AS stopped_at
FROM source.procedureevents AS p
WHERE
    p.itemid IN ('225792', '225794') AND p.hadm_id IS NOT NULL
    AND PLAIN_WORD(p.statusdescription) IS DISTINCT FROM 'rewritten'
