-- The given doses that are compared with each other, with the end of an infusion.
-- Grain: given row of gate.medication_listed with a dose: an unknown one is compared with none.
-- ends_at: null for a dose without a length.
SELECT
    *,
    CASE WHEN stopped_at > started_at THEN stopped_at END AS ends_at
FROM GIVEN('gate.medication_listed')
WHERE dose IS NOT NULL
