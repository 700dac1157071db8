-- Of a source with a layout: administrations without a concept of their drug.
-- One row per hospital: violated, denominator (all that were asked).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'drug'
