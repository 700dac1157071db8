-- Of a source with a layout: visits that end on a date without a time of day.
-- One row per hospital: violated, denominator (all that were asked).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'end'
