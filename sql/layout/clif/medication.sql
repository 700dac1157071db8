-- One row per administration: a dose given once, or a rate for as long as it ran.
-- Source: CLIF medication_admin_intermittent and _continuous. A continuous record holds until the
-- next record of the same order and drug (dose is then the rate, dose_unit a rate unit); a stop
-- ends the record before it and is no administration. A last record without a stop has no end.
-- A record of an amount (mcg: a push) is a moment among them, and ends none.
-- medication_id: a digest of what makes the record (CLIF has no key): exact copies share it.
-- drug_code: the CLIF category, else RxNorm, else the name (many drugs have no category).
-- route: CLIF "im" holds both im and sc. A route or an action that CLIF does not have stays as it
-- is written. Of another or an unknown action nobody knows whether it was given: it is no order.
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
        MIN(admin_dttm) FILTER (WHERE NOT is_push) OVER (
            PARTITION BY hospitalization_id, med_order_id, PLAIN_WORD(med_category), med_name
            ORDER BY admin_dttm
            RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_dttm
    FROM (
        SELECT
            *,
            REGEXP_MATCHES(LOWER(med_dose_unit), '/\s*(m|h|d(ay)?\b)') AS is_rate,
            COALESCE(NOT is_rate AND med_dose > 0, FALSE) AS is_push
        FROM source.clif_medication_admin_continuous
    ) AS told
),

spelled AS (
    SELECT
        *,
        PLAIN_WORD(med_category) AS category,
        NULLIF(PLAIN_WORD(med_category), 'other') AS drug,
        NULLIF(TRIM(rx_norm_code), '') AS rx_norm,
        COALESCE(PLAIN_WORD(mar_action_category), PLAIN_WORD(mar_action_group)) AS action,
        COALESCE(PLAIN_WORD(med_route_category), PLAIN_WORD(med_route_name)) AS way
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
    CASE WHEN m.is_push IS NOT TRUE THEN m.next_dttm END AS stopped_at,
    MD5(CONCAT_WS(
        '|', m.kind, m.hospitalization_id, COALESCE(m.med_order_id::VARCHAR, ''),
        EPOCH_US(m.admin_dttm), COALESCE(m.med_name, ''), COALESCE(m.category, ''),
        COALESCE(m.med_dose, -1), COALESCE(m.med_dose_unit, ''), COALESCE(m.action, '')
    )) AS medication_id,
    COALESCE(m.drug, m.rx_norm, m.med_name) AS drug_code,
    CASE WHEN m.drug IS NULL AND m.rx_norm IS NOT NULL THEN 'RXNORM' ELSE 'local' END
        AS vocabulary,
    CASE
        WHEN REGEXP_MATCHES(m.way, '^(iv|i_v)(_|$)|^iv(pb|p)|intraven|静脉|静滴|静注') THEN 'iv'
        WHEN REGEXP_MATCHES(m.way, '^(im|i_m)(_|$)|intramusc|肌') THEN 'im'
        WHEN REGEXP_MATCHES(m.way, '^(sc|s_c|sq|subq|subcut)(_|$)|subcutan|皮下') THEN 'sc'
        WHEN REGEXP_MATCHES(m.way, '^(enteral|oral|po|p_o|by_mouth)(_|$)|口服') THEN 'po'
        WHEN m.way IS NULL OR m.way = 'unknown' THEN 'unknown'
        WHEN
            m.way IN (
                'other', 'inhaled', 'intrathecal', 'epidural', 'rectal', 'topical', 'ophthalmic',
                'otic', 'nasal', 'intranasal', 'transdermal', 'intraperitoneal', 'intrapleural',
                'buccal_sublingual', 'buccal', 'sublingual', 'intradermal', 'vaginal'
            )
            THEN 'other'
        ELSE COALESCE(m.med_route_category, m.med_route_name)
    END AS route,
    CASE
        WHEN m.mar_action_name ILIKE '%cancel%' THEN 'cancelled'
        WHEN
            m.action IN (
                'given', 'bolus', 'administered', 'start', 'going', 'dose_change', 'verify'
            )
            THEN 'given'
        WHEN m.action IN ('not_given', 'not_administered') THEN 'not_given'
        WHEN m.action IN ('other', 'unknown') THEN NULL
        WHEN m.action IS NULL AND m.kind <> 'intermittent' THEN 'unknown'
        ELSE COALESCE(m.mar_action_category, m.mar_action_group)
    END AS status
FROM spelled AS m
INNER JOIN prepared.stay AS s ON m.hospitalization_id = s.hospitalization_id
WHERE
    m.kind = 'intermittent' OR m.action IS NULL
    OR m.action NOT IN ('stop', 'stopped', 'not_administered')
