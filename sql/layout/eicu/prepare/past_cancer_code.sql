-- Codes of cancers that a history lists, as `past_code` has those of other diseases.
-- Grain: heading. Source: eICU pastHistory; ICD-10 (WHO 2019).
WITH known (kind, site, code) AS (
    VALUES
    ('cancer-primary site', 'bile duct', 'C24.0'), ('cancer-primary site', 'bladder', 'C67.9'),
    ('cancer-primary site', 'bone', 'C41.9'), ('cancer-primary site', 'brain', 'C71.9'),
    ('cancer-primary site', 'breast', 'C50.9'), ('cancer-primary site', 'colon', 'C18.9'),
    ('cancer-primary site', 'esophagus', 'C15.9'),
    ('cancer-primary site', 'head and neck', 'C76.0'), ('cancer-primary site', 'kidney', 'C64'),
    ('cancer-primary site', 'liver', 'C22.9'), ('cancer-primary site', 'lung', 'C34.9'),
    ('cancer-primary site', 'melanoma', 'C43.9'), ('cancer-primary site', 'other', 'C76.7'),
    ('cancer-primary site', 'ovary', 'C56'), ('cancer-primary site', 'prostate', 'C61'),
    ('cancer-primary site', 'pancreas - adenocarcinoma', 'C25.9'),
    ('cancer-primary site', 'pancreas - islet cell', 'C25.4'),
    ('cancer-primary site', 'sarcoma', 'C49.9'), ('cancer-primary site', 'stomach', 'C16.9'),
    ('cancer-primary site', 'testes', 'C62.9'), ('cancer-primary site', 'unknown', 'C80.0'),
    ('cancer-primary site', 'uterus', 'C55'),
    ('hematologic malignancy', '', 'C96.9'), ('hematologic malignancy', 'all', 'C91.0'),
    ('hematologic malignancy', 'aml', 'C92.0'), ('hematologic malignancy', 'cll', 'C91.1'),
    ('hematologic malignancy', 'cml', 'C92.1'),
    ('hematologic malignancy', 'hodgkins disease', 'C81.9'),
    ('hematologic malignancy', 'leukemia - other', 'C95.9'),
    ('hematologic malignancy', 'multiple myeloma', 'C90.0'),
    ('hematologic malignancy', 'non-hodgkins lymphoma', 'C85.9'),
    ('metastases', '', 'C79.9'), ('metastases', 'bone', 'C79.5'), ('metastases', 'brain', 'C79.3'),
    ('metastases', 'liver', 'C78.7'), ('metastases', 'lung', 'C78.0'),
    ('metastases', 'nodes', 'C77.9')
)

SELECT
    'hematology/oncology/cancer/' || CONCAT_WS('/', kind, NULLIF(site, '')) AS heading,
    'ICD10' AS vocabulary,
    code
FROM known
