-- When the rates of one drug end of which nobody charted an end, as the study assumes.
-- Grain: admission, product, begin, dose and unit of such rates. ended_at: when the drug is charted
-- anew (at a rate, or in a unit that nobody knows) or stopped, when the stay ends, or so many hours
-- after the begin, whichever is first. A push (an amount) between ends nothing.
-- Reads resolved.charted_medication; $codelist, $routes: the drug; $hours: at most.
WITH given_so AS ( -- noqa: ST03
    SELECT m.*
    FROM resolved.charted_medication AS m
    SEMI JOIN BY_ROUTE($codelist, $routes) AS p ON m.drug = p.drug
),

event AS (
    SELECT
        admission_id,
        started_at
    FROM GIVEN('given_so')
    WHERE NOT COALESCE(IS_AMOUNT(dose_unit), FALSE)
    UNION
    SELECT
        admission_id,
        started_at
    FROM ENDED('given_so')
),

stay AS (
    SELECT
        admission_id,
        MAX(END_OF_STAY(discharged_at)) AS left_at
    FROM resolved.admission
    GROUP BY admission_id
),

rate AS (
    SELECT DISTINCT
        admission_id,
        drug,
        started_at,
        dose,
        dose_unit
    FROM GIVEN('given_so')
    WHERE status = 'given' AND stopped_at IS NULL AND dose > 0 AND IS_RATE(dose_unit)
)

SELECT
    r.*,
    LEAST(
        e.started_at,
        CASE WHEN s.left_at > r.started_at THEN s.left_at END,
        r.started_at + TO_SECONDS($hours * 3600)
    ) AS ended_at
FROM rate AS r
ASOF LEFT JOIN event AS e ON r.admission_id = e.admission_id AND r.started_at < e.started_at
LEFT JOIN stay AS s ON r.admission_id = s.admission_id
WHERE r.admission_id IS NOT NULL AND r.started_at IS NOT NULL
