-- Of a source with a layout: orders that count as given, for the source charts nothing else.
-- One row per hospital: violated, denominator (all that count as given).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'order'
