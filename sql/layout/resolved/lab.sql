-- Lab results with their analyte, and their value in the analyte's standard unit with its limits.
-- Grain: row of mapped.lab. analyte: null for a code in no list. value_std: null when there is no
-- number, or when the unit is not known for the analyte. censored: '<' or '>' where the text says
-- so; the value is then half the limit for '<', the limit for '>'. Most results have no text: they
-- are asked first, so that nothing else is evaluated for them. hard_lo, soft_lo, soft_hi, hard_hi:
-- what the analyte can and usually does have.
-- Source: ref.lab_map, made of the code lists for the distinct codes and units of this hospital.
WITH told AS (
    SELECT
        l.*,
        CASE
            WHEN l.value_text IS NULL THEN NULL
            WHEN LEFT(LTRIM(l.value_text), 1) IN ('<', '≤', '＜', '﹤') THEN '<'
            WHEN LEFT(LTRIM(l.value_text), 1) IN ('>', '≥', '＞', '﹥') THEN '>'
        END AS censored,
        CASE
            WHEN l.value_text IS NULL OR (l.value IS NOT NULL AND censored IS NULL) THEN NULL
            ELSE LAB_NUMBER(l.value_text)
        END AS number_told
    FROM mapped.lab AS l
)

SELECT
    t.* EXCLUDE (censored, number_told),
    m.analyte,
    CASE
        WHEN t.value_text IS NULL THEN t.value
        WHEN t.censored = '<' THEN COALESCE(t.number_told, t.value) / 2
        ELSE COALESCE(t.number_told, t.value)
    END * m.factor + m.shift AS value_std,
    t.censored,
    m.hard_lo,
    m.soft_lo,
    m.soft_hi,
    m.hard_hi
FROM told AS t
LEFT JOIN ref.lab_map AS m
    ON
        t.lab_code = m.lab_code
        AND t.vocabulary = m.vocabulary
        AND t.unit IS NOT DISTINCT FROM m.unit
