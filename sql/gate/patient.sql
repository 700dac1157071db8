-- One row per patient row as read, with what its checks need beside it.
-- Grain: row of resolved.patient. copy_number: 1 for the row that stays when identical rows repeat.
-- Source: bad-data catalogue, kinds 21, 22 and 28.
-- Only rows whose id is there several times are compared with each other; rows without one are not.
WITH last_stay AS (
    SELECT
        patient_id,
        MAX(admitted_at) AS last_admitted_at
    FROM resolved.admission
    GROUP BY patient_id
),

repeated AS (
    SELECT
        patient_id,
        TRUE AS is_repeated
    FROM resolved.patient
    WHERE patient_id IS NOT NULL
    GROUP BY patient_id
    HAVING COUNT(*) > 1
),

marked AS (
    SELECT
        p.*,
        a.last_admitted_at,
        r.is_repeated
    FROM resolved.patient AS p
    LEFT JOIN last_stay AS a ON p.patient_id = a.patient_id
    LEFT JOIN repeated AS r ON p.patient_id = r.patient_id
)

SELECT
    * EXCLUDE (is_repeated),
    FALSE AS identity_conflict,
    FALSE AS deaths_disagree,
    1 AS copy_number
FROM marked
WHERE is_repeated IS NULL
UNION ALL
SELECT
    * EXCLUDE (is_repeated),
    COALESCE(MIN(sex) OVER same_id <> MAX(sex) OVER same_id, FALSE)
    OR COALESCE(MIN(birth_date) OVER same_id <> MAX(birth_date) OVER same_id, FALSE)
        AS identity_conflict,
    COALESCE(MAX(death_at) OVER same_id > MIN(death_at) OVER same_id + INTERVAL 1 DAY, FALSE)
        AS deaths_disagree,
    ROW_NUMBER() OVER (
        PARTITION BY patient_id
        ORDER BY sex, birth_date, death_at, person_id
    ) AS copy_number
FROM marked
WHERE is_repeated
WINDOW same_id AS (PARTITION BY patient_id)
