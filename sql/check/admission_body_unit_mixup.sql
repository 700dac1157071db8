-- Admissions of a hospital whose adults' median weight or height is in another unit (kind 38).
-- One row per hospital: violated (admissions with such a weight or height),
-- denominator (with either).
-- A median weight above 110 kg is pounds; a median height below 100 cm is inches or metres.
WITH adult AS (
    SELECT
        hospital_id,
        weight_kg,
        height_cm
    FROM gate.admission
    WHERE COALESCE(known_age_years, 18) >= 18
)

SELECT
    hospital_id,
    CASE
        WHEN COUNT(weight_kg) >= 20 AND MEDIAN(weight_kg) > 110 THEN COUNT(weight_kg) ELSE 0
    END + CASE
        WHEN COUNT(height_cm) >= 20 AND MEDIAN(height_cm) < 100 THEN COUNT(height_cm) ELSE 0
    END AS violated,
    COUNT(weight_kg) + COUNT(height_cm) AS denominator
FROM adult
GROUP BY hospital_id
