-- Oxygenation as APACHE II counts it, at every arterial gas with an FiO2 in the first 24 h of
-- score_span.
-- Grain: admission, time of the gas. variable: aado2 where FiO2 >= 0.5, else pao2. A-aDO2 = FiO2
-- (760 - 47) - PaCO2 / 0.8 - PaO2 in mmHg, at sea level (assumed); NULL without PaCO2 at that
-- moment.
-- Needs score_span, stay_lab, pf_ratio.
WITH carbon_dioxide AS (
    SELECT
        admission_id,
        collected_at,
        MIN(value) AS paco2_mmhg
    FROM stay_lab
    WHERE analyte = 'paco2'
    GROUP BY admission_id, collected_at
)

SELECT
    p.admission_id,
    CASE WHEN p.fio2 >= 0.5 THEN 'aado2' ELSE 'pao2' END AS variable,
    CASE
        WHEN p.fio2 >= 0.5
            THEN ROUND(p.fio2 * (760 - 47) - c.paco2_mmhg / 0.8 - p.pao2_mmhg, 6)
        ELSE p.pao2_mmhg
    END AS value
FROM pf_ratio AS p
INNER JOIN score_span AS s ON p.admission_id = s.admission_id
LEFT JOIN carbon_dioxide AS c
    ON p.admission_id = c.admission_id AND p.measured_at = c.collected_at
WHERE
    p.fio2 IS NOT NULL AND p.measured_at >= s.anchor_at
    AND p.measured_at < s.anchor_at + INTERVAL 24 HOUR
