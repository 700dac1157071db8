-- The measurements of some vital signs in eligible stays: what scores and syndromes read.
-- Grain: one measurement. vital_code: a small number with a name (type stay_sign). value: standard
-- unit, 6 decimals. FiO2 is kept from 4 h before admission on, for a gas taken at admission.
-- $vitals: vital codes. Needs score_span.
WITH wanted AS (
    SELECT
        name,
        name::stay_sign AS vital_code
    FROM (SELECT UNNEST($vitals) AS name) AS listed
)

SELECT
    v.admission_id,
    w.vital_code,
    v.measured_at,
    ROUND(v.value_std, 6) AS value
FROM vital AS v
INNER JOIN score_span AS s ON v.admission_id = s.admission_id
INNER JOIN wanted AS w ON v.vital_code = w.name
WHERE
    v.value_std IS NOT NULL
    AND v.measured_at <= s.left_at
    AND (
        v.measured_at >= s.admitted_at
        OR (v.vital_code = 'fio2' AND v.measured_at >= s.fio2_from)
    )
