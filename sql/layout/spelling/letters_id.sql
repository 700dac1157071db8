-- An id in small letters, without hyphens, braces and quotes.
-- Function LETTERS_ID(id), of an id without blanks around it.
SELECT LOWER(REGEXP_REPLACE(id, '[-{}"'']', '', 'g'))
