-- Acute respiratory distress syndrome (Berlin): PaO2/FiO2 <= 300 mmHg on ventilation (which stands
-- for PEEP or CPAP >= 5 cmH2O: assumed), with bilateral opacities within a week of the gas, not
-- cardiac. Needs ards_gas.
-- Grain: eligible admission. met: TRUE any such gas; FALSE every gas is known not to be one; NULL
-- no gas, or FiO2 or images are missing where they matter. first_at: the first such gas.
-- Source: ARDS Definition Task Force 2012 (JAMA 307:2526).
WITH judged AS (
    SELECT
        g.admission_id,
        g.measured_at,
        g.grade != 'none' AND g.opacities AND g.supported AND NOT g.cardiac AS met
    FROM ards_gas AS g
),

summary AS (
    SELECT
        admission_id,
        CASE WHEN BOOL_OR(met) THEN TRUE WHEN BOOL_AND(met IS NOT NULL) THEN FALSE END AS met,
        MIN(measured_at) FILTER (WHERE met) AS first_at
    FROM judged
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    s.met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
