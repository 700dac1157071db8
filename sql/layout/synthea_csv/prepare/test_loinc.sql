-- The LOINC codes of tests of pathogens. Grain: code.
-- Source: LOINC, as in the code list events.
WITH known (loinc, organism_code, method, specimen) AS (
    VALUES
    ('94500-6', 'sars_cov_2', 'rna', 'respiratory'),
    ('94531-1', 'sars_cov_2', 'rna', 'respiratory'),
    ('94534-5', 'sars_cov_2', 'rna', 'respiratory'),
    ('94533-7', 'sars_cov_2', 'rna', 'respiratory'),
    ('94309-2', 'sars_cov_2', 'rna', NULL), ('94558-4', 'sars_cov_2', 'antigen', 'respiratory')
)

SELECT
    loinc,
    organism_code,
    method,
    specimen
FROM known
