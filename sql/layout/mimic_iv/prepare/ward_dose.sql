-- Administrations of the electronic record (eMAR). Grain: row of emar.
-- dose: the amounts given of its details together, where all are numbers of one unit; where none is
-- there, the rate of an infusion in one unit, which holds until the next record of its order. What
-- a unit charted in its own system (inputevents) is left out for the time of the stay there.
-- drug_name: as recorded, else of the order. route: of the details, else of the order.
-- Source: MIMIC-IV emar, emar_detail, prescriptions.
WITH told AS (
    SELECT
        emar_id,
        NULLIF(TRIM(route), '') AS route,
        NULLIF(TRIM(dose_given), '') AS given,
        TRIM(dose_given_unit) AS unit,
        NULLIF(TRIM(infusion_rate_unit), '') AS rate_unit,
        NULLIF(REGEXP_EXTRACT(
            TRIM(dose_given),
            '^([0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?|[0-9]*[.]?[0-9]+)$'
        ), '') AS amount,
        TRY_CAST(REPLACE(TRIM(infusion_rate), ',', '') AS DOUBLE) AS rate
    FROM source.emar_detail
),

detail AS (
    SELECT
        emar_id,
        MIN(route) AS route,
        SUM(REPLACE(amount, ',', '')::DOUBLE) AS dose,
        COUNT_IF(given IS NOT NULL AND amount IS NULL) AS unread,
        MIN(unit) FILTER (WHERE given IS NOT NULL) AS unit,
        MAX(unit) FILTER (WHERE given IS NOT NULL) AS other_unit,
        CASE WHEN MIN(rate_unit) = MAX(rate_unit) THEN MAX(rate) END AS rate,
        ANY_VALUE(rate_unit) AS rate_unit
    FROM told
    GROUP BY emar_id
),

ordered AS (
    SELECT
        pharmacy_id,
        MIN(drug) AS drug,
        MIN(route) AS route
    FROM source.prescriptions
    WHERE pharmacy_id IS NOT NULL AND PLAIN_WORD(drug_type) = 'main'
    GROUP BY pharmacy_id
),

record AS (
    SELECT
        e.hadm_id,
        e.emar_id,
        e.poe_id,
        e.charttime,
        COALESCE(NULLIF(TRIM(e.medication), ''), o.drug) AS drug_name,
        COALESCE(d.route, o.route) AS written,
        CASE WHEN d.unread = 0 AND COALESCE(d.unit = d.other_unit, TRUE) THEN d.dose END AS amount,
        d.dose IS NULL AND d.unread = 0 AND d.rate > 0 AND d.rate_unit IS NOT NULL AS is_rate,
        d.unit,
        d.rate,
        d.rate_unit,
        LOWER(TRIM(e.event_txt)) AS event,
        MIN(e.charttime) OVER (
            PARTITION BY e.hadm_id, e.poe_id, e.pharmacy_id
            ORDER BY e.charttime
            RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_time,
        REGEXP_EXTRACT(
            LOWER(drug_name),
            '(sodium|potassium|calcium|magnesium|insulin|albumin) +[a-z]+|[a-z]{4,}'
        ) AS key
    FROM source.emar AS e
    LEFT JOIN detail AS d ON e.emar_id = d.emar_id
    LEFT JOIN ordered AS o ON e.pharmacy_id = o.pharmacy_id
    WHERE e.hadm_id IS NOT NULL
),

in_care AS (
    SELECT DISTINCT r.emar_id
    FROM record AS r
    INNER JOIN prepared.drug_charted AS c ON r.hadm_id = c.hadm_id AND r.key = c.key
    INNER JOIN source.icustays AS i
        ON r.hadm_id = i.hadm_id AND r.charttime BETWEEN i.intime AND i.outtime
)

SELECT
    r.hadm_id,
    'emar ' || r.emar_id AS medication_id,
    r.poe_id AS order_id,
    r.drug_name,
    CASE WHEN r.is_rate THEN r.rate ELSE r.amount END AS dose,
    CASE WHEN r.is_rate THEN r.rate_unit WHEN r.amount IS NOT NULL THEN r.unit END AS dose_unit,
    COALESCE(w.route, 'unknown') AS route,
    CASE
        WHEN
            REGEXP_MATCHES(
                r.event,
                '^((delayed|partial) )?(administered|applied|started|restarted|flushed)'
                || '|^rate change'
            )
            THEN 'given'
        WHEN REGEXP_MATCHES(r.event, '^(delayed )?(stopped|removed)') THEN 'stopped'
        WHEN REGEXP_MATCHES(r.event, '^(delayed )?not |^hold dose') THEN 'not_given'
        ELSE 'unknown'
    END AS status,
    r.charttime AS started_at,
    CASE WHEN r.is_rate THEN r.next_time END AS stopped_at
FROM record AS r
ANTI JOIN in_care AS c ON r.emar_id = c.emar_id
LEFT JOIN prepared.route_word AS w ON r.written = w.written
