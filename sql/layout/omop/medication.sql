-- One row per drug exposure of an admission (prepared.placed).
-- dose is `quantity`, read as the study declares for the hospital ($quantity_unit; null: not
-- declared); 0 is no quantity. A HCPCS source code counts billing units. status: given for
-- administrations (38000180, 32818, 581373, 43542358) and plain EHR records (32817); a
-- prescription, dispensing or claim does not say that the drug was given: unknown, unless the
-- study declares its type ($given_types). Of a type that is none (prepare/record_type.sql): null.
-- drug_code: where the standard concept is 0, that of the source concept, if it has one; null for a
-- concept that neither the vocabulary nor a code list knows.
-- Source: drug_exposure; strength from drug_strength; route 4171047 iv, 4142048 sc, 4302612 im,
-- 4132161 po, else by the name of its concept, else as the source writes it. An end at midnight
-- that is not after the start is a bare date, and says nothing.
WITH coded AS (
    SELECT concept_id::VARCHAR AS code
    FROM source.concept
    WHERE domain_id = 'Drug' OR concept_id = 0
    UNION
    SELECT code
    FROM ref.listed
    WHERE vocabulary = 'OMOP'
    UNION
    SELECT below
    FROM prepared.descendant
    WHERE vocabulary = 'OMOP'
),

spelled AS (
    SELECT
        p.*,
        r.concept_name AS route_name,
        PLAIN_WORD(COALESCE(r.concept_name, p.route_source_value)) AS way,
        h.concept_code AS hcpcs,
        CASE WHEN COALESCE(p.drug_concept_id, 0) = 0 THEN o.concept_code END AS source_code,
        CASE WHEN COALESCE(p.drug_concept_id, 0) = 0 THEN UPPER(o.vocabulary_id) END
            AS source_vocabulary
    FROM
        prepared.PLACED(
            'source.drug_exposure',
            MOMENT_OF(drug_exposure_start_datetime, drug_exposure_start_date)
        ) AS p
    LEFT JOIN source.concept AS r ON p.route_concept_id = r.concept_id AND r.concept_id <> 0
    LEFT JOIN source.concept AS h
        ON p.drug_source_concept_id = h.concept_id AND h.vocabulary_id = 'HCPCS'
    LEFT JOIN source.concept AS o
        ON p.drug_source_concept_id = o.concept_id AND o.concept_id <> 0
)

SELECT
    m.hospital_id,
    m.admission_id,
    m.drug_exposure_id AS medication_id,
    NULL AS order_id,
    t.concentration_g_per_l,
    t.strength_g,
    CASE
        WHEN
            m.drug_exposure_end_datetime::TIME <> TIME '00:00:00'
            OR m.drug_exposure_end_datetime > m.happened_at
            THEN m.drug_exposure_end_datetime
    END AS stopped_at,
    COALESCE(m.hcpcs, m.source_code, NULLIF(k.code, '0')) AS drug_code,
    CASE
        WHEN m.hcpcs IS NOT NULL THEN 'HCPCS'
        WHEN m.source_code IS NOT NULL THEN m.source_vocabulary
        ELSE 'OMOP'
    END AS vocabulary,
    COALESCE(c.concept_name, m.drug_source_value) AS drug_name,
    CASE WHEN ISFINITE(m.quantity) THEN NULLIF(m.quantity, 0) END AS dose,
    CASE WHEN m.hcpcs IS NULL THEN $quantity_unit::VARCHAR ELSE 'unit' END AS dose_unit,
    m.happened_at AS started_at,
    CASE
        WHEN m.route_concept_id = 4171047 THEN 'iv'
        WHEN m.route_concept_id = 4142048 THEN 'sc'
        WHEN m.route_concept_id = 4302612 THEN 'im'
        WHEN m.route_concept_id = 4132161 THEN 'po'
        WHEN REGEXP_MATCHES(m.way, '^(iv|i_v)(_|$)|^iv(pb|p|gtt)|intraven|静脉|静滴|静注') THEN 'iv'
        WHEN REGEXP_MATCHES(m.way, '^(sc|s_c|sq|subq|subcut)(_|$)|subcutan|皮下') THEN 'sc'
        WHEN REGEXP_MATCHES(m.way, '^(im|i_m)(_|$)|intramusc|肌') THEN 'im'
        WHEN REGEXP_MATCHES(m.way, '^(po|p_o|by_mouth|per_os)(_|$)|oral|口服') THEN 'po'
        WHEN m.way IS NULL OR m.way IN ('unknown', 'no_matching_concept') THEN 'unknown'
        WHEN m.route_name IS NOT NULL THEN 'other'
        ELSE m.route_source_value
    END AS route,
    CASE
        WHEN m.drug_type_concept_id IN (38000180, 32818, 581373, 43542358, 32817) THEN 'given'
        WHEN m.drug_type_concept_id::VARCHAR IN (SELECT UNNEST($given_types)) THEN 'given'
        WHEN m.drug_type_concept_id IN (SELECT y.concept_id FROM prepared.record_type AS y)
            THEN 'unknown'
    END AS status
FROM spelled AS m
LEFT JOIN coded AS k ON m.drug_concept_id::VARCHAR = k.code
LEFT JOIN source.concept AS c ON m.drug_concept_id = c.concept_id AND c.concept_id <> 0
LEFT JOIN prepared.strength AS t ON m.drug_concept_id = t.drug_concept_id
