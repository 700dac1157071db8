-- One row per test without culture. method rna: PCR.
-- Source: CLIF microbiology_nonculture. A word that CLIF does not have stays as it is written.
WITH spelled AS (
    SELECT
        *,
        PLAIN_WORD(organism_category) AS organism,
        PLAIN_WORD(method_category) AS way,
        PLAIN_WORD(fluid_category) AS fluid,
        PLAIN_WORD(result_category) AS answer
    FROM source.clif_microbiology_nonculture
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    t.collect_dttm AS collected_at,
    CASE
        WHEN t.organism IN ('sars_cov2', 'sars_cov_2', 'sarscov2') THEN 'sars_cov_2'
        ELSE t.organism
    END AS organism_code,
    CASE t.way WHEN 'pcr' THEN 'rna' ELSE t.way END AS method,
    CASE
        WHEN REGEXP_MATCHES(t.fluid, '^(respiratory|naso|oro)|^larynx$') THEN 'respiratory'
        WHEN t.fluid LIKE 'blood%' THEN 'blood'
        WHEN t.fluid LIKE 'feces%' THEN 'stool'
        ELSE t.fluid
    END AS specimen,
    CASE
        WHEN t.answer IN ('detected', 'positive') THEN 'positive'
        WHEN t.answer IN ('not_detected', 'negative') THEN 'negative'
        WHEN t.answer = 'indeterminate' THEN 'indeterminate'
        ELSE t.result_category
    END AS result
FROM spelled AS t
INNER JOIN prepared.stay AS s ON t.hospitalization_id = s.hospitalization_id
