-- Every arterial blood gas of an eligible stay, read by the Berlin definition.
-- Grain: admission and gas. grade: severe (PaO2/FiO2 <= 100), moderate (<= 200), mild (<= 300),
-- none; NULL where no FiO2 is known. opacities: bilateral opacities seen in an image within a week
-- of the gas (TRUE), images but none (FALSE), no image finding (NULL). cardiac: oedema of the heart
-- recorded in the stay (not recorded counts as not cardiac). supported: ventilated then; PEEP is
-- not on record, so ventilation stands for PEEP or CPAP >= 5 cmH2O (assumed). Needs pf_ratio.
-- Source: ARDS Definition Task Force 2012 (JAMA 307:2526).
WITH image AS (
    SELECT
        f.admission_id,
        f.observed_at,
        f.present,
        f.finding_code = 'cardiogenic_oedema' AS cardiac
    FROM finding AS f
    SEMI JOIN eligible AS e ON f.admission_id = e.admission_id
    WHERE
        f.present IS NOT NULL
        AND f.finding_code IN ('bilateral_opacities', 'cardiogenic_oedema')
),

cardiac_oedema AS (
    SELECT DISTINCT admission_id
    FROM image
    WHERE cardiac AND present
),

opacity AS (
    SELECT
        p.admission_id,
        p.measured_at,
        BOOL_OR(i.present) AS present
    FROM pf_ratio AS p
    INNER JOIN image AS i
        ON
            p.admission_id = i.admission_id AND NOT i.cardiac
            AND i.observed_at >= p.measured_at - INTERVAL 7 DAY
            AND i.observed_at <= p.measured_at + INTERVAL 7 DAY
    GROUP BY p.admission_id, p.measured_at
)

SELECT
    p.admission_id,
    p.measured_at,
    CASE
        WHEN p.pf_mmhg <= 100 THEN 'severe'
        WHEN p.pf_mmhg <= 200 THEN 'moderate'
        WHEN p.pf_mmhg <= 300 THEN 'mild'
        WHEN p.pf_mmhg > 300 THEN 'none'
    END AS grade,
    o.present AS opacities,
    c.admission_id IS NOT NULL AS cardiac,
    p.supported
FROM pf_ratio AS p
LEFT JOIN opacity AS o ON p.admission_id = o.admission_id AND p.measured_at = o.measured_at
LEFT JOIN cardiac_oedema AS c ON p.admission_id = c.admission_id
