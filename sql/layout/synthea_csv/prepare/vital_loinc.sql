-- The LOINC codes of vital signs and body measures. Grain: code.
-- Source: LOINC, as in the code list vitals.
WITH known (loinc, vital_code) AS (
    VALUES
    ('8310-5', 'temperature'), ('8331-1', 'temperature'), ('8867-4', 'heart_rate'),
    ('9279-1', 'respiratory_rate'), ('8480-6', 'sbp'), ('8462-4', 'dbp'), ('8478-0', 'map'),
    ('59408-5', 'spo2'), ('2708-6', 'spo2'), ('19996-8', 'fio2'), ('9269-2', 'gcs'),
    ('9187-6', 'urine_output'), ('29463-7', 'weight'), ('8302-2', 'height')
)

SELECT
    loinc,
    vital_code
FROM known
