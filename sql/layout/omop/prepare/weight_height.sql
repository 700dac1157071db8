-- Weights (kg) and heights (cm) of admissions: the first measured above zero in a known unit.
-- Grain: admission and name. Source: measurement, placed as every event is. The unit is compared in
-- lower case, by the usual names of kilogram, gram, pound, centimetre, metre and inch.
WITH measured AS (
    SELECT
        p.admission_id,
        g.name,
        p.happened_at,
        p.value_as_number,
        PLAIN_WORD(COALESCE(u.unit, p.unit_source_value)) AS unit
    FROM
        prepared.PLACED(
            'source.measurement', MOMENT_OF(measurement_datetime, measurement_date)
        ) AS p
    INNER JOIN prepared.meaning AS g
        ON
            p.measurement_concept_id = g.concept_id
            AND g.kind = 'vital' AND g.name IN ('weight', 'height')
    LEFT JOIN prepared.unit AS u ON p.unit_concept_id = u.concept_id
    WHERE p.value_as_number > 0 AND ISFINITE(p.value_as_number)
),

spelled (written, unit) AS (
    VALUES
    ('kgs', 'kg'), ('kilo', 'kg'), ('kilos', 'kg'), ('kilogram', 'kg'), ('kilograms', 'kg'),
    ('公斤', 'kg'), ('千克', 'kg'), ('gm', 'g'), ('gms', 'g'), ('gram', 'g'), ('grams', 'g'),
    ('克', 'g'), ('lbs', 'lb'), ('[lb_av]', 'lb'), ('pound', 'lb'), ('pounds', 'lb'),
    ('cms', 'cm'), ('centimeter', 'cm'), ('centimeters', 'cm'), ('centimetre', 'cm'),
    ('厘米', 'cm'), ('公分', 'cm'), ('meter', 'm'), ('meters', 'm'), ('metre', 'm'), ('米', 'm'),
    ('[in_i]', 'in'), ('inch', 'in'), ('inches', 'in')
)

SELECT
    m.admission_id,
    m.name,
    ARG_MIN(m.value_as_number * f.factor, (m.happened_at, m.value_as_number)) AS value
FROM measured AS m
LEFT JOIN spelled AS s ON m.unit = s.written
INNER JOIN ref.unit AS f ON m.name = f.variable AND COALESCE(s.unit, m.unit) = f.unit
GROUP BY m.admission_id, m.name
