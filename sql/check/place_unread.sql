-- Of a source with a layout: places that are empty or that nobody reads.
-- One row per hospital: violated, denominator (all that were asked).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'place'
