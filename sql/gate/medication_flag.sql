-- One row per administration that looks wrong beside others of the same admission.
-- Grain: medication_id in an admission. Only products of a code list are compared.
-- key_repeated, copied: medication_repeated.
-- duplicate, duplicate_dose: medication_near. reversed: medication_returned. too_many_grams:
-- medication_heavy_day. order_beside_given: medication_unsaid. charted_twice: medication_twice.
WITH flag AS (
    SELECT
        admission_id,
        medication_id,
        CASE WHEN copied THEN 64 ELSE 1 END AS bit
    FROM gate.medication_repeated
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        CASE WHEN duplicate THEN 2 ELSE 0 END + CASE WHEN duplicate_dose THEN 4 ELSE 0 END AS bit
    FROM gate.medication_near
    WHERE duplicate OR duplicate_dose
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        8 AS bit
    FROM gate.medication_returned
    UNION ALL
    SELECT
        g.admission_id,
        g.medication_id,
        16 AS bit
    FROM gate.medication_exposed AS g
    INNER JOIN gate.medication_heavy_day AS h
        ON g.admission_id = h.admission_id AND g.started_at::DATE = h.day
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        32 AS bit
    FROM gate.medication_unsaid
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        128 AS bit
    FROM gate.medication_twice
)

SELECT
    admission_id,
    medication_id,
    BIT_OR(bit) & 1 > 0 AS key_repeated,
    BIT_OR(bit) & 2 > 0 AS duplicate,
    BIT_OR(bit) & 4 > 0 AS duplicate_dose,
    BIT_OR(bit) & 8 > 0 AS reversed,
    BIT_OR(bit) & 16 > 0 AS too_many_grams,
    BIT_OR(bit) & 32 > 0 AS order_beside_given,
    BIT_OR(bit) & 64 > 0 AS copied,
    BIT_OR(bit) & 128 > 0 AS charted_twice
FROM flag
WHERE medication_id IS NOT NULL
GROUP BY admission_id, medication_id
