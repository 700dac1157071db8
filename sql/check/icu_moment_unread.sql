-- Of a source with a layout: stays in intensive care whose moments are of another day than the
-- dates beside them.
-- One row per hospital: violated, denominator (all that have both).
SELECT
    hospital_id,
    violated,
    denominator
FROM prepared.words_unread
WHERE about = 'icu_moment'
