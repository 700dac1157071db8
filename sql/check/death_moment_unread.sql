-- Of a source with a layout: deaths whose moment is of another day than the date beside it.
-- One row per hospital: violated, denominator (all that have both).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'death_moment'
