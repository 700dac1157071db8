-- Of a source with a layout: persons with several dates of death.
-- One row per hospital: violated, denominator (all that were asked).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'death'
