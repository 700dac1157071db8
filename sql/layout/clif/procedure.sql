-- One row per run of prone position, CRRT or ECMO [started_at, stopped_at].
-- Source: CLIF position, crrt_therapy, ecmo_mcs; in 3.0 renal_replacement_therapy (of which only
-- the continuous modes count) and mcs. Records at most $support_hours apart are one run. A run of
-- prone position ends at the next record that is not prone, or $support_hours after its last one.
WITH record AS (
    SELECT
        hospitalization_id,
        'prone_position' AS procedure_code,
        recorded_dttm,
        PLAIN_WORD(position_category) = 'prone' AS active
    FROM source.clif_position
    UNION ALL
    SELECT
        hospitalization_id,
        'crrt' AS procedure_code,
        recorded_dttm,
        TRUE AS active
    FROM source.clif_crrt_therapy
    UNION ALL
    SELECT
        hospitalization_id,
        'crrt' AS procedure_code,
        recorded_dttm,
        TRUE AS active
    FROM source.clif_renal_replacement_therapy
    WHERE PLAIN_WORD(mode_category) IN ('scuf', 'cvvh', 'cvvhd', 'cvvhdf', 'avvh')
    UNION ALL
    SELECT
        hospitalization_id,
        'ecmo' AS procedure_code,
        recorded_dttm,
        TRUE AS active
    FROM source.clif_ecmo_mcs
    WHERE PLAIN_WORD(device_category) LIKE '%ecmo%' OR PLAIN_WORD(mcs_group) = 'ecmo'
    UNION ALL
    SELECT
        hospitalization_id,
        'ecmo' AS procedure_code,
        recorded_dttm,
        TRUE AS active
    FROM source.clif_mcs
    WHERE PLAIN_WORD(support_category) = 'ecmo'
),

moment AS (
    SELECT
        hospitalization_id,
        procedure_code,
        recorded_dttm,
        BOOL_OR(active) AS active
    FROM record
    GROUP BY hospitalization_id, procedure_code, recorded_dttm
),

beside AS (
    SELECT
        *,
        LAG(active) OVER in_time AS active_before,
        LAG(recorded_dttm) OVER in_time + TO_SECONDS($support_hours * 3600) AS held_until,
        LEAD(recorded_dttm) OVER in_time AS next_dttm
    FROM moment
    WINDOW in_time AS (
        PARTITION BY hospitalization_id, procedure_code ORDER BY recorded_dttm
    )
),

run AS (
    SELECT
        *,
        COUNT_IF(active_before IS NOT TRUE OR recorded_dttm > held_until) OVER (
            PARTITION BY hospitalization_id, procedure_code ORDER BY recorded_dttm
        ) AS run_number
    FROM beside
    WHERE active
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    r.procedure_code,
    MIN(r.recorded_dttm) AS started_at,
    CASE
        WHEN r.procedure_code <> 'prone_position' THEN MAX(r.recorded_dttm)
        ELSE MAX(LEAST(
            r.next_dttm, r.recorded_dttm + TO_SECONDS($support_hours * 3600)
        ))
    END AS stopped_at
FROM run AS r
INNER JOIN prepared.stay AS s ON r.hospitalization_id = s.hospitalization_id
GROUP BY s.hospital_id, s.hospitalization_id, r.procedure_code, r.run_number
