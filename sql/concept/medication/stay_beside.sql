-- Other rows of the same episode: stays of a candidate's patient that overlap the one studied, or
-- begin within 24 h of its end. Grain: candidate admission and such a stay (other_id).
-- $one_clock: the stays of a person are on one clock; none is beside another where they are not.
SELECT
    c.admission_id,
    a.admission_id AS other_id
FROM candidate AS c
INNER JOIN admission AS a ON c.patient_id = a.patient_id AND c.admission_id <> a.admission_id
WHERE
    $one_clock
    AND a.admitted_at <= END_OF_STAY(c.discharged_at) + INTERVAL 24 HOUR
    AND COALESCE(END_OF_STAY(a.discharged_at) >= c.admitted_at, TRUE)
