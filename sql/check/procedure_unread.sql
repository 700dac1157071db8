-- Of a source with a layout: procedures and the like of which nobody reads what they are, where
-- they are more than one in twenty.
-- One row per hospital: violated, denominator (all that were asked).
SELECT
    hospital_id,
    CASE WHEN violated > 0.05 * denominator THEN violated ELSE 0 END AS violated,
    denominator
FROM prepared.words_unread
WHERE about = 'procedure'
