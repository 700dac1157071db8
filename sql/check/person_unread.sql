-- Of a source with a layout: rows of another person than the visit that they name.
-- One row per hospital: violated, denominator (all that name a visit), of the table with most.
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'person'
