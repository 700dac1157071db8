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
            v.measured_at >= s.anchor_at
            AND v.measured_at < s.anchor_at + s.n_days * INTERVAL 24 HOUR
            THEN DATE_DIFF('microsecond', s.anchor_at, v.measured_at) // 86400000000 + 1
    END AS day
FROM vital AS v
INNER JOIN score_span AS s ON v.admission_id = s.admission_id
WHERE
    v.vital_code IN (SELECT UNNEST($vitals)) AND v.value_std IS NOT NULL
    AND v.measured_at >= s.admitted_at
    - CASE WHEN v.vital_code = 'fio2' THEN INTERVAL 4 HOUR ELSE INTERVAL 0 HOUR END
    AND (s.discharged_at IS NULL OR v.measured_at <= s.discharged_at)
