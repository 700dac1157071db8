-- How often the kinds of evidence of one criterion are there together.
-- Grain: hospital, kind and other kind. n_met: eligible admissions with the kind; n_both: both.
WITH met AS (
    SELECT DISTINCT
        s.hospital_id,
        e.kind,
        e.admission_id
    FROM evidence AS e
    INNER JOIN screened AS s ON e.admission_id = s.admission_id
    WHERE e.met
),

kind AS (
    SELECT DISTINCT kind
    FROM evidence
)

SELECT
    m.hospital_id,
    m.kind,
    k.kind AS other,
    COUNT(*) AS n_met,
    COUNT(o.admission_id) AS n_both
FROM met AS m
INNER JOIN kind AS k ON m.kind <> k.kind
LEFT JOIN met AS o ON m.admission_id = o.admission_id AND k.kind = o.kind
GROUP BY m.hospital_id, m.kind, k.kind
