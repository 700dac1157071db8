-- What was measured of candidate admissions by then: laboratory, vital signs, findings.
-- Grain: admission and code. kind: lab (of those that a code list knows), vital, or finding. value:
-- the last by time zero, else the first after it, in the standard unit (of several at one time the
-- lowest); NULL where no number is known, and of findings, which count when they were present.
-- $until_hours: so long after time zero is what is known then.
WITH measured AS (
    SELECT
        l.admission_id,
        'lab' AS kind,
        l.analyte AS code,
        l.value_std,
        l.collected_at AS measured_at
    FROM lab AS l
    WHERE l.analyte IS NOT NULL
    UNION ALL
    SELECT
        v.admission_id,
        'vital' AS kind,
        v.vital_code AS code,
        v.value_std,
        v.measured_at
    FROM vital AS v
    WHERE v.vital_code IS NOT NULL
    UNION ALL
    SELECT
        f.admission_id,
        'finding' AS kind,
        f.finding_code AS code,
        NULL AS value_std,
        f.observed_at AS measured_at
    FROM finding AS f
    WHERE f.present AND f.finding_code IS NOT NULL
)

SELECT
    c.admission_id,
    m.kind,
    m.code,
    COALESCE(
        ARG_MAX(m.value_std, (m.measured_at, -m.value_std))
        FILTER (WHERE m.measured_at <= c.time_zero),
        ARG_MIN(m.value_std, (m.measured_at, m.value_std))
    ) AS value
FROM measured AS m
INNER JOIN candidate AS c ON m.admission_id = c.admission_id
WHERE m.measured_at <= c.time_zero + TO_SECONDS($until_hours * 3600)
GROUP BY c.admission_id, m.kind, m.code
