-- A category as it is compared: lower case, full width read as half width, no blanks around, and
-- one underscore for blanks, hyphens, dots and underscores within: "High Flow NC" is high_flow_nc.
-- Nothing at all, NULL, NaN and N/A as words are null.
-- Function PLAIN_WORD(text), for the SELECTs of every layout.
SELECT
    NULLIF(REGEXP_REPLACE(
        REGEXP_REPLACE(
            TRIM(LOWER(TRANSLATE(
                text,
                '＃＆（）＋，－．／０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ＿ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ　',
                '#&()+,-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz '
            )), ' _.-' || CHR(9) || CHR(10) || CHR(13)),
            '[\s_.-]+', '_', 'g'
        ),
        '^([(<\[]?null[)>\]]?|nan|#?n/a|\\n)$', ''
    ), '')
