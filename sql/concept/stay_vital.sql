-- The measurements of some vital signs in eligible stays: what scores and syndromes read.
-- Grain: one measurement. value: standard unit, 6 decimals. day: the 24 h window of score_span,
-- NULL outside all of them. FiO2 is kept from 4 h before admission on, for a gas taken at
-- admission. $vitals: vital codes.
SELECT
    v.admission_id,
    v.vital_code,
    v.measured_at,
    ROUND(v.value_std, 6) AS value,
    CASE
        WHEN
            v.measured_at >= s.anchor_at AND v.measured_at < s.ends_at
            THEN (EPOCH_US(v.measured_at) - EPOCH_US(s.anchor_at)) // 86400000000 + 1
    END AS day
FROM vital AS v
INNER JOIN score_span AS s ON v.admission_id = s.admission_id
WHERE
    v.vital_code IN (SELECT UNNEST($vitals)) AND v.value_std IS NOT NULL
    AND v.measured_at >= s.fio2_from AND v.measured_at <= s.left_at
    AND (v.measured_at >= s.admitted_at OR v.vital_code = 'fio2')
