-- One row per patient row as read, with what its checks need beside it.
-- Grain: row of resolved.patient. copy_number: 1 for the row that stays when identical rows repeat.
-- Source: bad-data catalogue, kinds 21, 22 and 28.
WITH last_stay AS (
    SELECT
        patient_id,
        MAX(admitted_at) AS last_admitted_at
    FROM resolved.admission
    GROUP BY patient_id
)

SELECT
    p.*,
    a.last_admitted_at,
    COALESCE(MIN(p.sex) OVER same_id <> MAX(p.sex) OVER same_id, FALSE)
    OR COALESCE(MIN(p.birth_date) OVER same_id <> MAX(p.birth_date) OVER same_id, FALSE)
        AS identity_conflict,
    COALESCE(
        MAX(p.death_at) OVER same_id > MIN(p.death_at) OVER same_id + INTERVAL 1 DAY, FALSE
    ) AS deaths_disagree,
    ROW_NUMBER() OVER (
        PARTITION BY p.patient_id
        ORDER BY p.sex, p.birth_date, p.death_at, p.person_id
    ) AS copy_number
FROM resolved.patient AS p
LEFT JOIN last_stay AS a ON p.patient_id = a.patient_id
WINDOW same_id AS (PARTITION BY p.patient_id)
