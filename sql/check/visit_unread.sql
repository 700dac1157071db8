-- Of a source with a layout: visits whose kind is 0 or empty.
-- One row per hospital: violated, denominator (all that were asked).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'visit'
