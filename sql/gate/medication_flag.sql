-- One row per administration that looks wrong beside others of the same admission.
-- Grain: medication_id in an admission. Only products of a code list are compared: the others are
-- in no feature.
-- duplicate: same drug, dose and unit within 5 minutes of the one before it, which stays (kind 3);
-- never at exactly midnight, where a date without a time hides the parts of a split dose.
-- duplicate_dose: within 5 minutes with another dose. reversed: taken back by a negative row of the
-- same order (kind 7). too_many_grams: > 2.5 g/kg on one day, as if mL were read as g (kind 9).
-- order_beside_given: a row without status of an order that was also given (kind 11).
-- is_close: only rows within 5 minutes of another one of the same drug are compared dose by dose;
-- those between two such rows are among them, so that the row before is the same as among all rows.
-- gate.repeated_elsewhere: ids that other shares of the hospital have as well.
WITH listed AS MATERIALIZED (
    SELECT
        m.medication_id,
        m.order_id,
        m.admission_id,
        m.drug,
        m.dose,
        m.dose_unit,
        m.started_at,
        d.exposure,
        COALESCE(m.status = 'given' AND m.dose > 0, FALSE) AS given,
        m.status IS NULL OR m.status = 'unknown' AS no_status
    FROM resolved.medication AS m
    INNER JOIN gate.drug AS d ON m.drug = d.drug
    WHERE d.listed
),

given_row AS MATERIALIZED (
    SELECT
        *,
        COALESCE(
            started_at - LAG(started_at) OVER any_dose <= INTERVAL 5 MINUTE
            OR LEAD(started_at) OVER any_dose - started_at <= INTERVAL 5 MINUTE,
            FALSE
        ) AS is_close
    FROM listed
    WHERE given
    WINDOW any_dose AS (PARTITION BY admission_id, drug ORDER BY started_at)
),

compared AS MATERIALIZED (
    SELECT
        *,
        started_at - LAG(started_at) OVER (
            PARTITION BY admission_id, drug, dose_unit, dose
            ORDER BY started_at, medication_id
        ) <= INTERVAL 5 MINUTE AND started_at::TIME <> TIME '00:00:00' AS duplicate,
        started_at - LAG(started_at) OVER any_dose <= INTERVAL 5 MINUTE
        AND dose <> LAG(dose) OVER any_dose AS duplicate_dose
    FROM given_row
    WHERE is_close
    WINDOW any_dose AS (
        PARTITION BY admission_id, drug, dose_unit
        ORDER BY started_at, medication_id
    )
),

given_once AS (
    SELECT *
    FROM given_row
    WHERE NOT is_close
    UNION ALL
    SELECT * EXCLUDE (duplicate, duplicate_dose)
    FROM compared
    WHERE duplicate IS NOT TRUE
),

taken_back AS (
    SELECT
        admission_id,
        drug,
        order_id,
        dose_unit,
        -dose AS dose,
        COUNT(*) AS n_back
    FROM listed
    WHERE dose < 0 AND order_id IS NOT NULL
    GROUP BY admission_id, drug, order_id, dose_unit, -dose
),

reversed_one AS (
    SELECT
        g.admission_id,
        g.medication_id
    FROM given_once AS g
    INNER JOIN taken_back AS b
        ON
            g.admission_id = b.admission_id AND g.drug = b.drug AND g.order_id = b.order_id
            AND g.dose_unit = b.dose_unit AND g.dose = b.dose
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY g.admission_id, g.drug, g.order_id, g.dose_unit, g.dose
        ORDER BY g.started_at DESC, g.medication_id DESC
    ) <= b.n_back
),

heavy_day AS (
    SELECT
        g.admission_id,
        g.started_at::DATE AS day
    FROM given_once AS g
    INNER JOIN gate.stay AS s ON g.admission_id = s.admission_id
    WHERE g.exposure AND g.dose_unit = 'g'
    GROUP BY g.admission_id, g.started_at::DATE
    HAVING SUM(g.dose) > 2.5 * MIN(s.stay_weight_kg)
),

given_order AS (
    SELECT
        admission_id,
        order_id
    FROM listed
    WHERE no_status AND order_id IS NOT NULL
    INTERSECT
    SELECT
        admission_id,
        order_id
    FROM listed
    WHERE given AND order_id IS NOT NULL
),

repeated_id AS (
    SELECT medication_id
    FROM listed
    GROUP BY medication_id
    HAVING COUNT(*) > 1
    UNION
    SELECT medication_id
    FROM gate.repeated_elsewhere
),

flag AS (
    SELECT
        l.admission_id,
        l.medication_id,
        1 AS bit
    FROM listed AS l
    SEMI JOIN repeated_id AS r ON l.medication_id = r.medication_id
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        2 AS bit
    FROM compared
    WHERE duplicate
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        4 AS bit
    FROM compared
    WHERE duplicate_dose
    UNION ALL
    SELECT
        admission_id,
        medication_id,
        8 AS bit
    FROM reversed_one
    UNION ALL
    SELECT
        l.admission_id,
        l.medication_id,
        16 AS bit
    FROM listed AS l
    INNER JOIN heavy_day AS h ON l.admission_id = h.admission_id AND l.started_at::DATE = h.day
    WHERE l.given AND l.exposure AND l.dose_unit = 'g'
    UNION ALL
    SELECT
        l.admission_id,
        l.medication_id,
        32 AS bit
    FROM listed AS l
    INNER JOIN given_order AS g ON l.admission_id = g.admission_id AND l.order_id = g.order_id
    WHERE l.no_status
)

SELECT
    admission_id,
    medication_id,
    BIT_OR(bit) & 1 > 0 AS key_repeated,
    BIT_OR(bit) & 2 > 0 AS duplicate,
    BIT_OR(bit) & 4 > 0 AS duplicate_dose,
    BIT_OR(bit) & 8 > 0 AS reversed,
    BIT_OR(bit) & 16 > 0 AS too_many_grams,
    BIT_OR(bit) & 32 > 0 AS order_beside_given
FROM flag
WHERE medication_id IS NOT NULL
GROUP BY admission_id, medication_id
