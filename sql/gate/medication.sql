-- One row per administration as read, with its product, its flags and its stay.
-- Grain: row of resolved.medication.
SELECT
    r.*,
    d.* EXCLUDE (drug),
    COALESCE(f.key_repeated, FALSE) AS key_repeated,
    COALESCE(f.duplicate, FALSE) AS duplicate,
    COALESCE(f.duplicate_dose, FALSE) AS duplicate_dose,
    COALESCE(f.reversed, FALSE) AS reversed,
    COALESCE(f.too_many_grams, FALSE) AS too_many_grams,
    COALESCE(f.order_beside_given, FALSE) AS order_beside_given,
    COALESCE(f.copied, FALSE) AS copied,
    COALESCE(f.charted_twice, FALSE) AS charted_twice,
    FALSE AS is_copy,
    s.* EXCLUDE (admission_id)
FROM resolved.medication AS r
LEFT JOIN gate.drug AS d ON r.drug = d.drug
LEFT JOIN gate.medication_flag AS f
    ON r.medication_id = f.medication_id AND r.admission_id = f.admission_id
LEFT JOIN gate.stay AS s ON r.admission_id = s.admission_id
