-- One row per order of the encounter of a stay. Synthea writes orders: an order counts as given
-- once, at its start (assumed; check medication.given_is_charted). The amount is not known: the
-- strength in the name is that of the product. route: by the form in the name.
-- Source: Synthea CSV medications, whose codes are RxNorm.
SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    CONCAT_WS(' ', s.encounter, m.code, STRFTIME(m.start, '%Y%m%d%H%M%S')) AS medication_id,
    NULL AS order_id,
    m.code AS drug_code,
    'RXNORM' AS vocabulary,
    m.description AS drug_name,
    NULL AS dose,
    NULL AS dose_unit,
    NULL AS concentration_g_per_l,
    NULL AS strength_g,
    m.start AS started_at,
    NULL AS stopped_at,
    'given' AS status,
    CASE
        WHEN REGEXP_MATCHES(m.description, 'oral|tablet|capsule|chew|sublingual', 'i') THEN 'po'
        WHEN
            REGEXP_MATCHES(
                m.description,
                'inhal|nasal|topical|cream|ointment|patch|transdermal|mucosal|ophthalmic|otic'
                || '|rectal|vaginal|implant|intrauterine',
                'i'
            )
            THEN 'other'
        WHEN REGEXP_MATCHES(m.description, 'intravenous|infusion', 'i') THEN 'iv'
        ELSE 'unknown'
    END AS route
FROM source.medications AS m
INNER JOIN prepared.stay AS s ON m.encounter = s.encounter
