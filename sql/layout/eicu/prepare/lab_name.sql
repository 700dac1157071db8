-- What the results of table lab are called here. Grain: name as eICU writes it, in lower case.
-- Source: eICU lab.labname. Of others the name stays as it is.
WITH known (labname, lab_code) AS (
    VALUES
    ('wbc x 1000', 'wbc'), ('platelets x 1000', 'platelets'), ('hgb', 'hemoglobin'),
    ('hct', 'hematocrit'), ('-lymphs', 'lymphocytes_percent'), ('-bands', 'bands'), ('pt', 'pt'),
    ('ptt', 'ptt'), ('pt - inr', 'inr'), ('fibrinogen', 'fibrinogen'),
    ('total bilirubin', 'total_bilirubin'), ('alt (sgpt)', 'alt'), ('ast (sgot)', 'ast'),
    ('albumin', 'albumin'), ('creatinine', 'creatinine'), ('bun', 'bun'), ('cpk', 'ck'),
    ('cpk-mb', 'ck_mb'), ('ldh', 'ldh'), ('crp', 'crp'), ('ferritin', 'ferritin'),
    ('lactate', 'lactate'), ('ph', 'ph'), ('pao2', 'pao2'), ('paco2', 'paco2'),
    ('hco3', 'bicarbonate'), ('bicarbonate', 'bicarbonate'), ('sodium', 'sodium'),
    ('potassium', 'potassium'), ('glucose', 'glucose'), ('troponin - i', 'troponin_i'),
    ('troponin - t', 'troponin_t')
)

SELECT
    labname,
    lab_code
FROM known
