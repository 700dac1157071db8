-- Of a source with a layout: stays in intensive care that begin on a date without a time of day.
-- One row per hospital: violated, denominator (all that begin).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'icu_start'
