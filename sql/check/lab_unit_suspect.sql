-- CRP with a hospital median below 15 mg/L: perhaps mg/dL, perhaps mildly ill people (kind 1).
-- One row per hospital: violated (CRP results when the median is that low),
-- denominator (CRP results).
-- Source: clinical specification section 4, "mix-up trigger"; alone it decides nothing.
SELECT
    hospital_id,
    SUM(n) FILTER (WHERE median < 15) AS violated,
    SUM(n) AS denominator
FROM gate.lab_median
WHERE scope = 'all' AND analyte = 'crp' AND n >= 20 AND n_stays >= 10
GROUP BY hospital_id
