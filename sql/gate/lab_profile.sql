-- The distribution of each analyte: how many values lie in each eighth of an octave.
-- Grain: hospital, analyte, code, unit, month, bin (null: no positive value in the standard unit).
-- Censored results are left out: half a limit is no measurement. Of the sampled stays (all, in a
-- small hospital): a distribution does not need every row. seen: a bit for each of 62 groups of
-- stays, of which BIT_COUNT is at most the number of stays. Without a calendar all is one month.
SELECT
    l.hospital_id,
    l.analyte,
    l.lab_code,
    l.vocabulary,
    l.unit,
    CASE
        WHEN $calendar THEN DATE_TRUNC('month', l.collected_at)::DATE
        ELSE DATE '1970-01-01'
    END AS month,
    CASE
        WHEN l.value_std > 0 AND ISFINITE(l.value_std) THEN FLOOR(8 * LOG2(l.value_std))
    END::SMALLINT AS bin,
    COUNT(*) AS n,
    BIT_OR(s.stay_bit) AS seen
FROM resolved.lab AS l
INNER JOIN gate.stay AS s ON l.admission_id = s.admission_id AND s.stay_sampled
WHERE l.censored IS NULL
GROUP BY ALL
