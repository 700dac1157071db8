-- Of a source with a layout: deaths on a date without a time of day.
-- One row per hospital: violated, denominator (all persons with a death).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'death_day'
