-- One row per administration that looks wrong beside others of the same admission.
-- Grain: medication_id in an admission. Only products of a code list are compared. Of a key that
-- several rows have nothing else is said: nobody knows of which of them it holds.
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
),

told AS (
    SELECT
        admission_id,
        medication_id,
        BIT_OR(bit) AS bits
    FROM flag
    WHERE medication_id IS NOT NULL
    GROUP BY admission_id, medication_id
)

SELECT
    admission_id,
    medication_id,
    bits & 1 > 0 AS key_repeated,
    bits & 2 > 0 AND bits & 1 = 0 AS duplicate,
    bits & 4 > 0 AND bits & 1 = 0 AS duplicate_dose,
    bits & 8 > 0 AND bits & 1 = 0 AS reversed,
    bits & 16 > 0 AND bits & 1 = 0 AS too_many_grams,
    bits & 32 > 0 AND bits & 1 = 0 AS order_beside_given,
    bits & 64 > 0 AND bits & 1 = 0 AS copied,
    bits & 128 > 0 AND bits & 1 = 0 AS charted_twice
FROM told
