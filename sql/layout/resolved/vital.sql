-- Vital signs with their value in the standard unit, and its limits.
-- Grain: row of mapped.vital. value_std, limits: null when the unit is not known for the sign.
-- Source: ref.vital_map, made of the code lists for the distinct codes and units of this hospital.
SELECT
    v.*,
    v.value * m.factor + m.shift AS value_std,
    m.hard_lo,
    m.soft_lo,
    m.soft_hi,
    m.hard_hi
FROM mapped.vital AS v
LEFT JOIN ref.vital_map AS m
    ON
        v.vital_code = m.vital_code
        AND v.unit IS NOT DISTINCT FROM m.unit
