-- Vasoactive infusions of eligible stays, with their rate in ug/kg/min.
-- Grain: one administration with a rate, or with an end. rate_ug_kg_min: NULL
-- where the unit is no rate, or is not per kg and the weight is unknown (never a default weight).
-- agent: dopamine, dobutamine, epinephrine, norepinephrine or other (rest of list vasopressor).
-- vasopressor: on the list of vasopressors (dobutamine is not one). started_at, stopped_at: within
-- the stay; an infusion with a rate but no end is taken to last one hour (assumed). A rate of 0 is
-- a pause: nothing is given. Needs score_span.
WITH class AS (
    SELECT
        drug,
        COALESCE(
            MIN(codelist) FILTER (WHERE codelist != 'vasopressor'), 'other'
        ) AS agent,
        BOOL_OR(codelist != 'dobutamine') AS vasopressor
    FROM ref.included
    WHERE
        codelist IN ('dopamine', 'dobutamine', 'epinephrine', 'norepinephrine', 'vasopressor')
    GROUP BY drug
),

infusion AS (
    SELECT
        m.admission_id,
        c.agent,
        c.vasopressor,
        m.dose,
        s.admitted_at,
        s.discharged_at,
        m.started_at,
        STR_SPLIT(
            REPLACE(TRANSLATE(LOWER(TRIM(m.dose_unit)), 'µμ', 'uu'), 'mcg', 'ug'), '/'
        ) AS unit,
        LEN(unit) >= 2 AND unit[-1] IN ('min', 'h', 'hr', 'hour') AS is_rate,
        COALESCE(m.stopped_at, CASE WHEN is_rate THEN m.started_at + INTERVAL 1 HOUR END)
            AS stopped_at,
        CASE WHEN a.weight_kg > 0 THEN a.weight_kg END AS weight_kg
    FROM GIVEN('medication') AS m
    INNER JOIN class AS c ON m.drug = c.drug
    INNER JOIN score_span AS s ON m.admission_id = s.admission_id
    LEFT JOIN admission AS a ON m.admission_id = a.admission_id
),

rated AS (
    SELECT
        *,
        dose
        * CASE unit[1] WHEN 'ng' THEN 0.001 WHEN 'ug' THEN 1 WHEN 'mg' THEN 1000 END
        / CASE WHEN LEN(unit) = 3 AND unit[2] = 'kg' THEN 1 WHEN LEN(unit) = 2 THEN weight_kg END
        / CASE
            WHEN unit[-1] = 'min' THEN 1
            WHEN unit[-1] IN ('h', 'hr', 'hour') THEN 60
        END AS rate_ug_kg_min
    FROM infusion
)

SELECT
    admission_id,
    agent,
    vasopressor,
    GREATEST(started_at, admitted_at) AS started_at,
    LEAST(stopped_at, discharged_at) AS stopped_at,
    ROUND(rate_ug_kg_min, 6) AS rate_ug_kg_min
FROM rated
WHERE stopped_at IS NOT NULL AND IN_USE(started_at, stopped_at, admitted_at, discharged_at)
