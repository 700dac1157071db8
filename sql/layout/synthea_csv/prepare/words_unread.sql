-- What a reader should know of the rows of the source that the canonical tables do not say.
-- Grain: hospital and what it is about. order: orders that count as given, of all that count as
-- given: nobody charted that the dose was given.
-- Source: Synthea CSV medications.
SELECT
    s.hospital_id,
    'order' AS about,
    COUNT(*) AS violated,
    COUNT(*) AS denominator
FROM source.medications AS m
INNER JOIN prepared.stay AS s ON m.encounter = s.encounter
GROUP BY s.hospital_id
