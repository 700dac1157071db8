-- Vasoactive infusions of eligible stays, with their rate in ug/kg/min.
-- Grain: one administration with a rate, or with an end. rate_ug_kg_min: NULL
-- where the unit is no rate, or is not per kg and the weight is unknown (never a default weight),
-- or is one of mL and the concentration is unknown.
-- agent: dopamine, dobutamine, epinephrine, norepinephrine or other (rest of list vasopressor).
-- vasopressor: on the list of vasopressors (dobutamine is not one). started_at, stopped_at: within
-- the stay. An infusion without an end of its own ends when the same agent is stopped or paused (a
-- rate of 0), or when it is charted anew within 24 h where a stop follows some time (assumed: rates
-- are charted daily); else one with a rate is taken to last one hour (assumed).
-- An amount (mg) without a length is a push: no infusion, and it ends none. Only where no rate runs
-- and a stop is what follows, that one ends the amount. Needs score_span.
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

event AS (
    SELECT
        g.*,
        COALESCE(IS_AMOUNT(g.dose_unit), FALSE) AS is_amount,
        FALSE AS is_end
    FROM GIVEN('medication') AS g
    UNION ALL BY NAME
    SELECT
        e.*,
        FALSE AS is_amount,
        TRUE AS is_end
    FROM ENDED('medication') AS e
),

charted AS (
    SELECT
        e.*,
        c.agent,
        c.vasopressor,
        MIN(e.started_at) FILTER (WHERE NOT e.is_amount) OVER later AS next_at,
        MIN(e.started_at) FILTER (WHERE e.is_end) OVER later AS end_at,
        MAX(e.started_at) FILTER (WHERE NOT e.is_amount) OVER so_far
        = MAX(e.started_at)
        FILTER (WHERE NOT (e.is_amount OR e.is_end) AND e.stopped_at IS NULL)
            OVER so_far AS is_running
    FROM event AS e
    INNER JOIN class AS c ON e.drug = c.drug
    WINDOW
        later AS (
            PARTITION BY e.admission_id, c.agent, IF(c.agent = 'other', e.drug, 0)
            ORDER BY e.started_at
            RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
        ),

        so_far AS (
            PARTITION BY e.admission_id, c.agent, IF(c.agent = 'other', e.drug, 0)
            ORDER BY e.started_at
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
),

infusion AS (
    SELECT
        m.admission_id,
        m.agent,
        m.vasopressor,
        m.dose,
        s.admitted_at,
        s.discharged_at,
        m.started_at,
        STR_SPLIT(
            REPLACE(TRANSLATE(LOWER(TRIM(m.dose_unit)), 'µμ', 'uu'), 'mcg', 'ug'), '/'
        ) AS unit,
        LEN(unit) >= 2 AND unit[-1] IN ('min', 'h', 'hr', 'hour') AS is_rate,
        COALESCE(
            m.stopped_at,
            CASE
                WHEN m.is_amount
                    THEN IF(m.next_at = m.end_at AND m.is_running IS NOT TRUE, m.next_at, NULL)
                WHEN m.next_at = m.end_at OR m.next_at - m.started_at <= INTERVAL 24 HOUR
                    THEN CASE WHEN m.end_at IS NOT NULL THEN m.next_at END
            END,
            CASE WHEN is_rate THEN m.started_at + INTERVAL 1 HOUR END
        ) AS stopped_at,
        CASE WHEN a.weight_kg > 0 THEN a.weight_kg END AS weight_kg,
        CASE
            WHEN m.concentration_g_per_l > 0 AND ISFINITE(m.concentration_g_per_l)
                THEN m.concentration_g_per_l
        END AS g_per_l
    FROM charted AS m
    INNER JOIN score_span AS s ON m.admission_id = s.admission_id
    LEFT JOIN admission AS a ON m.admission_id = a.admission_id
    WHERE NOT m.is_end AND NOT (m.is_amount AND COALESCE(m.started_at = m.stopped_at, FALSE))
),

rated AS (
    SELECT
        *,
        dose
        * CASE unit[1]
            WHEN 'ng' THEN 0.001
            WHEN 'ug' THEN 1
            WHEN 'mg' THEN 1000
            WHEN 'ml' THEN 1000 * g_per_l
        END
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
