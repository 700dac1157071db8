-- Lab results under the units and codes that a person signed for this hospital.
-- Grain: row of resolved.lab_unsigned. value and unit stay as written; value_std is what they mean.
WITH coded AS (
    SELECT
        r.* EXCLUDE (analyte, value_std),
        COALESCE(r.analyte, c.analyte) AS analyte,
        CASE
            WHEN r.analyte IS NULL AND c.analyte IS NOT NULL THEN r.value * u.factor + u.shift
            ELSE r.value_std
        END AS value_resolved
    FROM resolved.lab_unsigned AS r
    LEFT JOIN ref.signed_code AS c ON r.vocabulary = c.vocabulary AND r.lab_code = c.code
    LEFT JOIN ref.unit AS u ON c.analyte = u.variable AND r.unit = u.unit
)

SELECT
    k.* EXCLUDE (analyte, value_resolved, censored),
    k.analyte,
    COALESCE(
        (k.value_resolved - s.shift_written) / s.factor_written * s.factor_meant + s.shift_meant,
        k.value_resolved
    ) AS value_std,
    k.censored
FROM coded AS k
LEFT JOIN ref.signed_unit AS s
    ON
        k.analyte = s.analyte
        AND k.unit = s.unit
        AND (s.month IS NULL OR s.month = STRFTIME(k.collected_at, '%Y-%m'))
