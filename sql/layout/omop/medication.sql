-- One row per drug exposure of an admission; one without a visit belongs to the stay it falls in.
-- dose is `quantity`, read as the study declares for the hospital ($quantity_unit; null: not
-- declared); 0 is no quantity. A HCPCS source code counts billing units. status: given for
-- administrations (38000180, 32818, 581373, 43542358) and plain EHR records (32817); a
-- prescription, dispensing or claim does not say that the drug was given: unknown, unless the
-- study declares its type ($given_types).
-- Source: drug_exposure; strength from drug_strength; route 4171047 iv, 4142048 sc, 4302612 im,
-- 4132161 po, else by its name.
WITH spelled AS (
    SELECT
        p.*,
        LOWER(COALESCE(r.concept_name, p.route_source_value)) AS way,
        h.concept_code AS hcpcs
    FROM
        prepared.PLACED(
            'source.drug_exposure',
            COALESCE(drug_exposure_start_datetime, drug_exposure_start_date::TIMESTAMP)
        ) AS p
    LEFT JOIN source.concept AS r ON p.route_concept_id = r.concept_id AND r.concept_id <> 0
    LEFT JOIN source.concept AS h
        ON p.drug_source_concept_id = h.concept_id AND h.vocabulary_id = 'HCPCS'
)

SELECT
    m.hospital_id,
    m.admission_id,
    m.drug_exposure_id AS medication_id,
    NULL AS order_id,
    t.concentration_g_per_l,
    t.strength_g,
    m.drug_exposure_end_datetime AS stopped_at,
    COALESCE(m.hcpcs, m.drug_concept_id::VARCHAR) AS drug_code,
    CASE WHEN m.hcpcs IS NULL THEN 'OMOP' ELSE 'HCPCS' END AS vocabulary,
    COALESCE(c.concept_name, m.drug_source_value) AS drug_name,
    NULLIF(m.quantity, 0) AS dose,
    CASE WHEN m.hcpcs IS NULL THEN $quantity_unit::VARCHAR ELSE 'unit' END AS dose_unit,
    m.happened_at AS started_at,
    CASE
        WHEN m.route_concept_id = 4171047 OR m.way LIKE '%intravenous%' OR m.way = 'iv' THEN 'iv'
        WHEN m.route_concept_id = 4142048 OR m.way LIKE '%subcutaneous%' THEN 'sc'
        WHEN m.route_concept_id = 4302612 OR m.way LIKE '%intramuscular%' THEN 'im'
        WHEN m.route_concept_id = 4132161 OR m.way LIKE '%oral%' OR m.way = 'po' THEN 'po'
        WHEN m.way IS NULL OR m.way IN ('', 'no matching concept') THEN 'unknown'
        ELSE 'other'
    END AS route,
    CASE
        WHEN m.drug_type_concept_id IN (38000180, 32818, 581373, 43542358, 32817) THEN 'given'
        WHEN m.drug_type_concept_id::VARCHAR IN (SELECT UNNEST($given_types)) THEN 'given'
        ELSE 'unknown'
    END AS status
FROM spelled AS m
LEFT JOIN source.concept AS c ON m.drug_concept_id = c.concept_id AND c.concept_id <> 0
LEFT JOIN prepared.strength AS t ON m.drug_concept_id = t.drug_concept_id
