-- The administrations without a status of an order that was also given (kind 11).
-- Grain: row of gate.medication_listed.
SELECT
    l.admission_id,
    l.medication_id
FROM gate.medication_listed AS l
SEMI JOIN GIVEN('gate.medication_listed') AS g
    ON l.admission_id = g.admission_id AND l.order_id = g.order_id
WHERE l.status IS NULL OR l.status = 'unknown'
