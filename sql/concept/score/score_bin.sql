-- The bins of SOFA and APACHE II: from `lower_edge` (included) to `upper_edge` (not), `points`.
-- Grain: score, variable, bin. -1e9 is below everything, 1e9 above; an edge that ends in 000001
-- opens a bin just above a printed edge that belongs to the bin below it (values keep 6 decimals).
-- SOFA has its printed edges in both unit systems, which disagree (1.2 mg/dL is 106 umol/L);
-- PaO2/FiO2 below 200 scores 3 and 4 with respiratory support only (pf_if_supported: at most).
-- Sources: SOFA, Vincent 1996 (Intensive Care Med 22:707); APACHE II, Knaus 1985 (Crit Care Med
-- 13:818), where GCS counts 15 - GCS and creatinine twice in acute renal failure (not here).
SELECT
    bin.score,
    bin.variable,
    UNNEST(bin.edges) AS lower_edge,
    UNNEST(bin.edges[2:] || [1e9]) AS upper_edge,
    UNNEST(bin.bin_points) AS points
FROM (
    VALUES
    ('sofa', 'pf_supported', [-1e9, 100, 200, 300, 400], [4, 3, 2, 1, 0]),
    ('sofa', 'pf_unsupported', [-1e9, 300, 400], [2, 1, 0]),
    ('sofa', 'pf_if_supported', [-1e9, 100, 200, 300, 400], [4, 3, 2, 1, 0]),
    ('sofa', 'platelets', [-1e9, 20, 50, 100, 150], [4, 3, 2, 1, 0]),
    ('sofa', 'total_bilirubin_mg_dl', [-1e9, 1.2, 2, 6, 12], [0, 1, 2, 3, 4]),
    ('sofa', 'total_bilirubin', [-1e9, 20, 33, 102, 204.000001], [0, 1, 2, 3, 4]),
    ('sofa', 'map', [-1e9, 70], [1, 0]),
    ('sofa', 'gcs', [-1e9, 6, 10, 13, 15], [4, 3, 2, 1, 0]),
    ('sofa', 'creatinine_mg_dl', [-1e9, 1.2, 2, 3.5, 5], [0, 1, 2, 3, 4]),
    ('sofa', 'creatinine', [-1e9, 110, 171, 300, 440.000001], [0, 1, 2, 3, 4]),
    ('sofa', 'urine_ml', [-1e9, 200, 500], [4, 3, 0]),
    ('apache_ii', 'temperature', [-1e9, 30, 32, 34, 36, 38.5, 39, 41], [4, 3, 2, 1, 0, 1, 3, 4]),
    ('apache_ii', 'map', [-1e9, 50, 70, 110, 130, 160], [4, 2, 0, 2, 3, 4]),
    ('apache_ii', 'heart_rate', [-1e9, 40, 55, 70, 110, 140, 180], [4, 3, 2, 0, 2, 3, 4]),
    ('apache_ii', 'respiratory_rate', [-1e9, 6, 10, 12, 25, 35, 50], [4, 2, 1, 0, 1, 3, 4]),
    ('apache_ii', 'aado2', [-1e9, 200, 350, 500], [0, 2, 3, 4]),
    ('apache_ii', 'pao2', [-1e9, 55, 61, 70.000001], [4, 3, 1, 0]),
    ('apache_ii', 'ph', [-1e9, 7.15, 7.25, 7.33, 7.5, 7.6, 7.7], [4, 3, 2, 0, 1, 3, 4]),
    ('apache_ii', 'bicarbonate', [-1e9, 15, 18, 22, 32, 41, 52], [4, 3, 2, 0, 1, 3, 4]),
    ('apache_ii', 'sodium', [-1e9, 111, 120, 130, 150, 155, 160, 180], [4, 3, 2, 0, 1, 2, 3, 4]),
    ('apache_ii', 'potassium', [-1e9, 2.5, 3, 3.5, 5.5, 6, 7], [4, 2, 1, 0, 1, 3, 4]),
    ('apache_ii', 'creatinine_mg_dl', [-1e9, 0.6, 1.5, 2, 3.5], [2, 0, 2, 3, 4]),
    ('apache_ii', 'hematocrit', [-1e9, 20, 30, 46, 50, 60], [4, 2, 0, 1, 2, 4]),
    ('apache_ii', 'wbc', [-1e9, 1, 3, 15, 20, 40], [4, 2, 0, 1, 2, 4]),
    ('apache_ii', 'age_years', [-1e9, 45, 55, 65, 75], [0, 2, 3, 5, 6])
) AS bin (score, variable, edges, bin_points)
