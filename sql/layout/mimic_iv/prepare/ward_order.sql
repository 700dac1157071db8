-- Orders of MIMIC-IV, which count where a stay has no administration record.
-- An order counts as given once, at its start (assumed; check medication.given_is_charted).
-- Grain: row of prescriptions. Left out: diluents (BASE), and what the charts of intensive care
-- hold (prepared.drug_charted) for orders of its days. Whether a drip ran that no chart holds is
-- unknown.
-- dose: a number; a range such as "1-2" stays unread; of a drip the dose is that of its bag, and
-- null.
-- Source: MIMIC-IV prescriptions.
WITH ordered AS (
    SELECT
        p.*,
        s.admittime,
        ROW_NUMBER() OVER (
            PARTITION BY p.hadm_id
            ORDER BY p.starttime, p.drug, p.dose_val_rx, p.route, p.stoptime, p.ndc
        ) AS number,
        PLAIN_WORD(p.route) IN ('iv_drip', 'drip') AS is_drip,
        REGEXP_EXTRACT(
            TRIM(p.dose_val_rx),
            '^([0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?|[0-9]*[.]?[0-9]+)$'
        ) AS amount,
        REGEXP_EXTRACT(
            LOWER(p.drug),
            '(sodium|potassium|calcium|magnesium|insulin|albumin) +[a-z]+|[a-z]{4,}'
        ) AS key
    FROM source.prescriptions AS p
    INNER JOIN prepared.stay AS s ON p.hadm_id = s.hadm_id
    WHERE
        PLAIN_WORD(p.drug_type) IS DISTINCT FROM 'base'
        AND p.hadm_id NOT IN (
            SELECT e.hadm_id FROM source.emar AS e
            WHERE e.hadm_id IS NOT NULL
        )
),

in_care AS (
    SELECT DISTINCT
        o.hadm_id,
        o.number
    FROM ordered AS o
    INNER JOIN prepared.drug_charted AS c ON o.hadm_id = c.hadm_id AND o.key = c.key
    INNER JOIN source.icustays AS i
        ON
            o.hadm_id = i.hadm_id
            AND o.starttime BETWEEN i.intime AND i.outtime
)

SELECT
    o.hadm_id,
    o.drug AS drug_name,
    'order ' || CONCAT_WS(' ', o.hadm_id, o.number) AS medication_id,
    COALESCE(w.route, 'unknown') AS route,
    CASE
        WHEN NOT o.is_drip THEN TRY_CAST(REPLACE(NULLIF(o.amount, ''), ',', '') AS DOUBLE)
    END AS dose,
    CASE WHEN NOT o.is_drip THEN NULLIF(TRIM(o.dose_unit_rx), '') END AS dose_unit,
    CASE WHEN o.is_drip THEN 'unknown' ELSE 'given' END AS status,
    o.starttime AS started_at
FROM ordered AS o
ANTI JOIN in_care AS c ON o.hadm_id = c.hadm_id AND o.number = c.number
LEFT JOIN prepared.route_word AS w ON o.route = w.written
