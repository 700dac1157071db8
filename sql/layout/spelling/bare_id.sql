-- An id without blanks and invisible characters around it.
-- Function BARE_ID(id).
SELECT REGEXP_REPLACE(id, '^[\s\p{Z}\p{C}]+|[\s\p{Z}\p{C}]+$', '', 'g')
