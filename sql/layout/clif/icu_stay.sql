-- One row per ICU stay: places of kind icu that follow one another without a gap are one stay.
-- Source: CLIF adt.
WITH place AS (
    SELECT
        hospitalization_id,
        in_dttm,
        out_dttm,
        MAX(out_dttm) OVER (
            PARTITION BY hospitalization_id
            ORDER BY in_dttm, out_dttm
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS left_before
    FROM source.clif_adt
    WHERE PLAIN_WORD(location_category) = 'icu'
),

numbered AS (
    SELECT
        *,
        COUNT_IF(left_before IS NULL OR in_dttm > left_before) OVER (
            PARTITION BY hospitalization_id
            ORDER BY in_dttm, out_dttm
        ) AS stay_number
    FROM place
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    MIN(n.in_dttm) AS started_at,
    MAX(n.out_dttm) AS stopped_at
FROM numbered AS n
INNER JOIN prepared.stay AS s ON n.hospitalization_id = s.hospitalization_id
GROUP BY s.hospital_id, s.hospitalization_id, n.stay_number
