-- Moments of acute kidney injury in eligible stays, with the KDIGO stage then.
-- Grain: one sign. Creatinine: a rise of >= 26.5 umol/L over the lowest of the 48 h before, or to
-- >= 1.5 times the lowest of the 7 days before (within the stay: that is the baseline); stage 2
-- from 2.0 times, stage 3 from 3.0 times or from 353.6 umol/L. Urine: < 0.5 mL/kg/h over 6 h that
-- are covered by records (an earlier one 6 to 12 h before): stage 1; no weight, no rate.
-- Renal replacement: stage 3. Needs stay_lab, stay_vital, score_span.
-- Source: KDIGO 2012 (Kidney Int Suppl 2:1).
WITH creatinine AS (
    SELECT
        admission_id,
        collected_at,
        value,
        MIN(value) OVER last_48h AS lowest_48h,
        MIN(value) OVER last_7d AS lowest_7d
    FROM stay_lab
    WHERE analyte = 'creatinine' AND value > 0
    WINDOW
        last_48h AS (
            PARTITION BY admission_id ORDER BY collected_at
            RANGE BETWEEN INTERVAL 48 HOUR PRECEDING AND CURRENT ROW
        ),
        last_7d AS (
            PARTITION BY admission_id ORDER BY collected_at
            RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW
        )
),

risen AS (
    SELECT
        admission_id,
        collected_at,
        value,
        ROUND(value / lowest_7d, 6) AS times
    FROM creatinine
    WHERE ROUND(value - lowest_48h, 6) >= 26.5 OR ROUND(value / lowest_7d, 6) >= 1.5
),

urine AS (
    SELECT
        v.admission_id,
        v.measured_at,
        a.weight_kg,
        SUM(v.value::DECIMAL(18, 6)) OVER (
            PARTITION BY v.admission_id ORDER BY v.measured_at
            RANGE BETWEEN INTERVAL 21599999999 MICROSECOND PRECEDING AND CURRENT ROW
        ) AS ml_6h,
        COUNT(*) OVER (
            PARTITION BY v.admission_id ORDER BY v.measured_at
            RANGE BETWEEN INTERVAL 12 HOUR PRECEDING AND INTERVAL 6 HOUR PRECEDING
        ) AS n_before
    FROM stay_vital AS v
    INNER JOIN admission AS a ON v.admission_id = a.admission_id
    WHERE v.vital_code = 'urine_output' AND a.weight_kg > 0
)

SELECT
    admission_id,
    collected_at AS seen_at,
    CASE WHEN times >= 3 OR value >= 353.6 THEN 3 WHEN times >= 2 THEN 2 ELSE 1 END AS stage
FROM risen
UNION ALL
SELECT
    admission_id,
    measured_at AS seen_at,
    1 AS stage
FROM urine
WHERE n_before > 0 AND ml_6h::DOUBLE / weight_kg / 6 < 0.5
UNION ALL
SELECT
    p.admission_id,
    p.started_at AS seen_at,
    3 AS stage
FROM procedure AS p
INNER JOIN score_span AS s ON p.admission_id = s.admission_id
WHERE
    p.procedure_code IN ('crrt', 'hemodialysis', 'renal_replacement')
    AND IN_USE(
        p.started_at, COALESCE(p.stopped_at, p.started_at), s.admitted_at, s.discharged_at
    )
