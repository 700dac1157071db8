-- One row per test without culture. method rna: PCR.
-- Source: CLIF microbiology_nonculture. A result that is not one of CLIF's three is null.
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    t.collect_dttm AS collected_at,
    CASE
        WHEN LOWER(t.organism_category) IN ('sars_cov2', 'sars_cov_2') THEN 'sars_cov_2'
        ELSE LOWER(t.organism_category)
    END AS organism_code,
    CASE LOWER(t.method_category) WHEN 'pcr' THEN 'rna' ELSE LOWER(t.method_category) END AS method,
    CASE
        WHEN
            LOWER(t.fluid_category) LIKE 'respiratory%' OR LOWER(t.fluid_category) LIKE 'naso%'
            OR LOWER(t.fluid_category) LIKE 'oro%' OR LOWER(t.fluid_category) = 'larynx'
            THEN 'respiratory'
        WHEN LOWER(t.fluid_category) LIKE 'blood%' THEN 'blood'
        WHEN LOWER(t.fluid_category) LIKE 'feces%' THEN 'stool'
        ELSE LOWER(t.fluid_category)
    END AS specimen,
    CASE LOWER(t.result_category)
        WHEN 'detected' THEN 'positive'
        WHEN 'not_detected' THEN 'negative'
        WHEN 'indeterminate' THEN 'indeterminate'
    END AS result
FROM source.clif_microbiology_nonculture AS t
INNER JOIN prepared.stay AS s ON t.hospitalization_id = s.hospitalization_id
