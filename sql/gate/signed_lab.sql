-- Lab results under the units and codes that a person signed for this hospital.
-- Grain: row of resolved.lab_unsigned. value and unit stay as written; value_std is what they mean.
-- ref.signed_code, ref.signed_unit: one row for each code and unit as this hospital writes them.
-- What is signed for a month goes before what is signed for all of them. The limits are those of
-- the analyte that is meant.
WITH coded AS (
    SELECT
        r.* EXCLUDE (analyte, value_std, hard_lo, soft_lo, soft_hi, hard_hi),
        COALESCE(r.analyte, c.analyte) AS analyte,
        CASE
            WHEN r.analyte IS NULL AND c.analyte IS NOT NULL THEN r.value * c.factor + c.shift
            ELSE r.value_std
        END AS value_resolved
    FROM resolved.lab_unsigned AS r
    LEFT JOIN ref.signed_code AS c
        ON
            r.vocabulary IS NOT DISTINCT FROM c.vocabulary
            AND r.lab_code = c.code
            AND r.unit IS NOT DISTINCT FROM c.unit
)

SELECT
    k.* EXCLUDE (analyte, value_resolved, censored),
    k.analyte,
    COALESCE(
        (k.value_resolved - m.shift_written) / m.factor_written * m.factor_meant + m.shift_meant,
        (k.value_resolved - s.shift_written) / s.factor_written * s.factor_meant + s.shift_meant,
        k.value_resolved
    ) AS value_std,
    k.censored,
    l.hard_lo,
    l.soft_lo,
    l.soft_hi,
    l.hard_hi
FROM coded AS k
LEFT JOIN ref."limit" AS l ON k.analyte = l.variable
LEFT JOIN ref.signed_unit AS m
    ON k.analyte = m.analyte AND k.unit = m.unit AND m.month = STRFTIME(k.collected_at, '%Y-%m')
LEFT JOIN ref.signed_unit AS s
    ON k.analyte = s.analyte AND k.unit = s.unit AND s.month IS NULL
