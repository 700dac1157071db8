-- One row per unit stay with a score of APACHE IV (not II: no study compares them by mistake).
-- Source: eICU apachepatientresult, version IVa, which has the same score as IV; -1 is missing.
-- Moment: the end of the first day in the unit, of which it is.
SELECT DISTINCT
    s.hospital_id,
    s.admission_id,
    'apache_iv' AS score_code,
    r.apachescore AS value,
    s.apache_minutes AS scored_at
FROM source.apachepatientresult AS r
INNER JOIN prepared.unit_stay AS s ON r.patientunitstayid = s.patientunitstayid
WHERE PLAIN_WORD(r.apacheversion) = 'iva' AND r.apachescore >= 0
