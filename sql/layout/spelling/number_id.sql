-- An id as its plain digits where it is a number written otherwise: full width, with a plus, with
-- zeros before it, with a point and zeros, with thousands apart, or as 1.25E+03; else as it is.
-- Function NUMBER_ID(id), of an id without blanks around it.
SELECT
    CASE
        WHEN REGEXP_FULL_MATCH(id, '[0-9][.][0-9]+[eE][+][0-9]{1,2}')
            THEN TRY_CAST(TRY_CAST(id AS DOUBLE) AS HUGEINT)::VARCHAR
        WHEN REGEXP_FULL_MATCH(id, '[0-9]{1,3}([,. ''’][0-9]{3})+')
            THEN REGEXP_REPLACE(id, '[^0-9]', '', 'g')
        ELSE
            REGEXP_REPLACE(
                REGEXP_REPLACE(TRANSLATE(id, '＋－．０１２３４５６７８９', '+-.0123456789'), '[.]0+$', ''),
                '^[+]?0*([0-9])', '\1'
            )
    END
