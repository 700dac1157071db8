-- Ids of administrations that are in this share of a hospital and in another share as well.
-- Grain: medication_id. Of products of a code list, like the ids compared inside a share.
WITH own AS (
    SELECT m.medication_id
    FROM resolved.medication AS m
    INNER JOIN gate.drug AS d ON m.drug = d.drug
    WHERE d.listed
),

elsewhere AS (
    SELECT m.medication_id
    FROM mapped.whole_medication AS m
    INNER JOIN ref.drug AS p
        ON
            m.vocabulary IS NOT DISTINCT FROM p.vocabulary
            AND m.drug_code IS NOT DISTINCT FROM p.drug_code
            AND m.drug_name IS NOT DISTINCT FROM p.drug_name
            AND m.route IS NOT DISTINCT FROM p.route
    INNER JOIN gate.drug AS d ON p.drug = d.drug
    LEFT JOIN share.admission AS a ON m.admission_id = a.admission_id
    WHERE d.listed AND COALESCE(a.share_number, 1) <> $share_number
)

SELECT DISTINCT medication_id
FROM elsewhere
WHERE medication_id IN (SELECT o.medication_id FROM own AS o)
