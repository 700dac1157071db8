-- Severe respiratory failure: PaO2/FiO2 <= 300 mmHg, or high-flow oxygen, non-invasive or invasive
-- ventilation or ECMO, at any time of the stay. Needs pf_ratio.
-- met: TRUE any of these; FALSE none, and a device or a ratio is on record; NULL neither is, or
-- nobody knows which device one was.
-- Grain: eligible admission. first_at: the first moment of one of them within the stay.
-- Source (assumed): the ratio of the Berlin definition (JAMA 2012;307:2526) or need of support.
WITH sign AS (
    SELECT
        r.admission_id,
        GREATEST(r.started_at, e.admitted_at) AS seen_at,
        r.device IN ('hfnc', 'niv', 'imv', 'ecmo') AS met
    FROM respiratory_support AS r
    INNER JOIN eligible AS e ON r.admission_id = e.admission_id
    WHERE IN_USE(r.started_at, r.stopped_at, e.admitted_at, e.discharged_at)
    UNION ALL
    SELECT
        admission_id,
        measured_at AS seen_at,
        pf_mmhg <= 300 AS met
    FROM pf_ratio
    WHERE pf_mmhg IS NOT NULL
),

summary AS (
    SELECT
        admission_id,
        CASE
            WHEN BOOL_OR(met) THEN TRUE
            WHEN BOOL_AND(met IS NOT NULL) THEN FALSE
        END AS met,
        MIN(seen_at) FILTER (WHERE met) AS first_at
    FROM sign
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    s.met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
