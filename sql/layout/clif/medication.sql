-- One row per administration: a dose given once, or a rate for as long as it ran.
-- Source: CLIF medication_admin_intermittent and _continuous. A continuous record holds until the
-- next record of the same order and drug (dose is then the rate, dose_unit a rate unit); a stop
-- ends the record before it and is no administration. A last record without a stop has no end.
-- medication_id: a digest of what makes the record (CLIF has no key): exact copies share it.
-- drug_code: the CLIF category, else RxNorm, else the name (many drugs have no category).
-- route: CLIF "im" holds both im and sc.
WITH record AS (
    SELECT
        'intermittent' AS kind,
        *,
        NULL::TIMESTAMP AS next_dttm
    FROM source.clif_medication_admin_intermittent
    UNION ALL BY NAME
    SELECT
        'continuous' AS kind,
        *,
        MIN(admin_dttm) OVER (
            PARTITION BY hospitalization_id, med_order_id, LOWER(med_category), med_name
            ORDER BY admin_dttm
            RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_dttm
    FROM source.clif_medication_admin_continuous
),

spelled AS (
    SELECT
        *,
        REPLACE(LOWER(med_category), ' ', '_') AS drug,
        LOWER(COALESCE(mar_action_category, mar_action_group)) AS action,
        LOWER(COALESCE(med_route_category, SPLIT_PART(med_route_name, ' ', 1))) AS way
    FROM record
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    m.med_order_id AS order_id,
    m.med_name AS drug_name,
    m.med_dose AS dose,
    m.med_dose_unit AS dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    m.admin_dttm AS started_at,
    m.next_dttm AS stopped_at,
    MD5(CONCAT_WS(
        '|', m.kind, m.hospitalization_id, COALESCE(m.med_order_id::VARCHAR, ''),
        EPOCH_US(m.admin_dttm), COALESCE(m.med_name, ''), COALESCE(m.drug, ''),
        COALESCE(m.med_dose, -1), COALESCE(m.med_dose_unit, ''), COALESCE(m.action, '')
    )) AS medication_id,
    COALESCE(NULLIF(m.drug, 'other'), m.rx_norm_code, m.med_name) AS drug_code,
    CASE
        WHEN COALESCE(m.drug, 'other') = 'other' AND m.rx_norm_code IS NOT NULL THEN 'RXNORM'
        ELSE 'local'
    END AS vocabulary,
    CASE
        WHEN m.way IN ('iv', 'intravenous') THEN 'iv'
        WHEN m.way IN ('im', 'intramuscular') THEN 'im'
        WHEN m.way IN ('sc', 'subcutaneous') THEN 'sc'
        WHEN m.way IN ('enteral', 'oral', 'po') THEN 'po'
        WHEN m.way IS NULL OR m.way = '' THEN 'unknown'
        ELSE 'other'
    END AS route,
    CASE
        WHEN m.mar_action_name ILIKE '%cancel%' THEN 'cancelled'
        WHEN
            m.action IN (
                'given', 'bolus', 'administered', 'start', 'going', 'dose_change', 'verify'
            )
            THEN 'given'
        WHEN m.action IN ('not_given', 'not_administered') THEN 'not_given'
        ELSE 'unknown'
    END AS status
FROM spelled AS m
INNER JOIN prepared.stay AS s ON m.hospitalization_id = s.hospitalization_id
WHERE m.kind = 'intermittent' OR m.action NOT IN ('stop', 'not_administered') OR m.action IS NULL
