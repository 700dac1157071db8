-- What a reader should know of the rows of the source that the canonical tables do not say.
-- Grain: hospital and what it is about. order: orders that count as given, of all that count as
-- given (denominator): nobody charted that the dose was given.
-- Source: eICU medication, infusiondrug.
WITH given AS (
    SELECT
        patientunitstayid,
        TRUE AS ordered
    FROM source.medication
    WHERE drugordercancelled IS NOT TRUE AND prn IS NOT TRUE
    UNION ALL
    SELECT
        patientunitstayid,
        FALSE AS ordered
    FROM source.infusiondrug
    WHERE TRY_CAST(TRIM(drugrate) AS DOUBLE) > 0
)

SELECT
    s.hospital_id,
    'order' AS about,
    COUNT_IF(g.ordered) AS violated,
    COUNT(*) AS denominator
FROM given AS g
INNER JOIN prepared.unit_stay AS s ON g.patientunitstayid = s.patientunitstayid
GROUP BY s.hospital_id
