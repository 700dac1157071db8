-- One row per test of SARS-CoV-2 in a stay. A word for a result that is not known stays as it is.
-- Source: Synthea CSV observations, by LOINC (prepared.test_loinc).
SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    t.organism_code,
    t.method,
    t.specimen,
    o.date AS collected_at,
    CASE
        WHEN REGEXP_MATCHES(o.value, '^(not detected|negative)', 'i') THEN 'negative'
        WHEN REGEXP_MATCHES(o.value, '^(detected|positive)', 'i') THEN 'positive'
        WHEN REGEXP_MATCHES(o.value, '^(indeterminate|inconclusive|equivocal)', 'i')
            THEN 'indeterminate'
        ELSE o.value
    END AS result
FROM source.observations AS o
INNER JOIN prepared.test_loinc AS t ON o.code = t.loinc
INNER JOIN prepared.stay AS s ON o.encounter = s.encounter
