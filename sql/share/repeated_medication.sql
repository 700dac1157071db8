-- Ids of administrations that are in this share of a hospital and in another share as well.
-- Grain: medication_id. Of products of a code list, like the ids compared inside a share. Ids are
-- compared before products: next to none is there twice.
WITH seen AS (
    SELECT medication_id
    FROM share.elsewhere
    WHERE medication_id IN (SELECT m.medication_id FROM mapped.medication AS m)
),

elsewhere AS (
    SELECT m.medication_id
    FROM share.elsewhere AS m
    SEMI JOIN seen AS s ON m.medication_id = s.medication_id
    INNER JOIN ref.drug AS p
        ON
            m.vocabulary IS NOT DISTINCT FROM p.vocabulary
            AND m.drug_code IS NOT DISTINCT FROM p.drug_code
            AND m.drug_name IS NOT DISTINCT FROM p.drug_name
            AND m.route IS NOT DISTINCT FROM p.route
    INNER JOIN gate.drug AS d ON p.drug = d.drug
    WHERE d.listed
),

own AS (
    SELECT m.medication_id
    FROM resolved.medication AS m
    INNER JOIN gate.drug AS d ON m.drug = d.drug
    WHERE d.listed
)

SELECT DISTINCT e.medication_id
FROM elsewhere AS e
SEMI JOIN own AS o ON e.medication_id = o.medication_id
