-- What a reader should know of the rows of the source that the canonical tables do not say.
-- Grain: hospital and what it is about. order: orders that count as given, of all that count as
-- given (denominator): nobody charted that the dose was given.
-- Source: MIMIC-III prescriptions, inputevents_mv, inputevents_cv.
WITH given AS (
    SELECT TRUE AS ordered
    FROM prepared.ward_order
    WHERE status = 'given'
    UNION ALL
    SELECT FALSE AS ordered
    FROM prepared.charted_dose
    WHERE status = 'given'
    UNION ALL
    SELECT FALSE AS ordered
    FROM prepared.carevue_dose
    WHERE status = 'given'
)

SELECT
    'BIDMC' AS hospital_id,
    'order' AS about,
    COUNT_IF(g.ordered) AS violated,
    COUNT(*) AS denominator
FROM given AS g
