-- Of a source with a layout: people whose birth has no month.
-- One row per hospital: violated, denominator (all people with a stay).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'birth'
