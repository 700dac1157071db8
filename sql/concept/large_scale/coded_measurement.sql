-- What was measured of candidate admissions by then: laboratory, vital signs, findings.
-- Grain: admission and code. kind: lab (of those that a code list knows), vital, or finding. value:
-- the last by time zero, else the first after it, in the standard unit (of several at one time the
-- lowest); NULL where no number is known, and of findings, which count when they were present.
-- $until_hours: so long after time zero is what is known then.
SELECT
    c.admission_id,
    'lab' AS kind,
    l.analyte AS code,
    COALESCE(
        ARG_MAX(l.value_std, (l.collected_at, -l.value_std))
        FILTER (WHERE l.collected_at <= c.time_zero),
        ARG_MIN(l.value_std, (l.collected_at, l.value_std))
    ) AS value
FROM lab AS l
INNER JOIN candidate AS c ON l.admission_id = c.admission_id
WHERE
    l.collected_at <= c.time_zero + TO_SECONDS($until_hours * 3600)
    AND l.analyte IS NOT NULL
GROUP BY c.admission_id, l.analyte
UNION ALL
SELECT
    c.admission_id,
    'vital' AS kind,
    v.vital_code AS code,
    COALESCE(
        ARG_MAX(v.value_std, (v.measured_at, -v.value_std))
        FILTER (WHERE v.measured_at <= c.time_zero),
        ARG_MIN(v.value_std, (v.measured_at, v.value_std))
    ) AS value
FROM vital AS v
INNER JOIN candidate AS c ON v.admission_id = c.admission_id
WHERE
    v.measured_at <= c.time_zero + TO_SECONDS($until_hours * 3600)
    AND v.vital_code IS NOT NULL
GROUP BY c.admission_id, v.vital_code
UNION ALL
SELECT DISTINCT
    c.admission_id,
    'finding' AS kind,
    f.finding_code AS code,
    NULL::DOUBLE AS value
FROM finding AS f
INNER JOIN candidate AS c ON f.admission_id = c.admission_id
WHERE
    f.observed_at <= c.time_zero + TO_SECONDS($until_hours * 3600)
    AND f.present AND f.finding_code IS NOT NULL
