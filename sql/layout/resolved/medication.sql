-- Administrations with the number of their product.
-- Grain: row of mapped.medication. drug: the row of ref.drug with the same vocabulary, code, name
-- and route; never null. end_assumed: the study, not the chart, ends the rate (rate_ends.py).
SELECT
    m.*,
    d.drug,
    FALSE AS end_assumed
FROM mapped.medication AS m
INNER JOIN ref.drug AS d
    ON
        m.vocabulary IS NOT DISTINCT FROM d.vocabulary
        AND m.drug_code IS NOT DISTINCT FROM d.drug_code
        AND m.drug_name IS NOT DISTINCT FROM d.drug_name
        AND m.route IS NOT DISTINCT FROM d.route
