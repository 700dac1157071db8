-- Severe pneumonia of WHO (January 2020): pneumonia, and respiratory rate > 30/min, or severe
-- respiratory distress, or SpO2 < 90% on room air, at any time of the stay.
-- Needs stay_vital, pneumonia.
-- met: TRUE both parts; FALSE one part is known not to be met; else NULL. The signs are known not
-- to be met when rate and saturation were measured and none counts; SpO2 < 90% with no device on
-- record, or one that nobody knows, leaves them open, on any device other than room air it does not
-- count.
-- Grain: eligible admission. first_at: when both parts had been seen; an undated pneumonia counts
-- as seen before.
-- Source: WHO, Clinical management of severe acute respiratory infection, 28 January 2020.
WITH sign AS (
    SELECT
        admission_id,
        measured_at,
        vital_code::VARCHAR AS sign,
        vital_code = 'respiratory_rate' AND value > 30 AS met
    FROM stay_vital
    WHERE vital_code = 'respiratory_rate' OR (vital_code = 'spo2' AND value >= 90)
    UNION ALL
    SELECT
        v.admission_id,
        v.measured_at,
        'spo2' AS sign,
        CASE
            WHEN BOOL_OR(i.device <> 'room_air') THEN FALSE
            WHEN BOOL_AND(i.device IS NOT NULL) THEN TRUE
        END AS met
    FROM stay_vital AS v
    LEFT JOIN respiratory_support AS i
        ON
            v.admission_id = i.admission_id
            AND COVERS(i.started_at, i.stopped_at, v.measured_at)
    WHERE v.vital_code = 'spo2' AND v.value < 90
    GROUP BY v.admission_id, v.measured_at
    UNION ALL
    SELECT
        f.admission_id,
        f.observed_at AS measured_at,
        f.finding_code AS sign,
        f.present AS met
    FROM finding AS f
    INNER JOIN eligible AS e ON f.admission_id = e.admission_id
    WHERE
        f.finding_code = 'severe_respiratory_distress' AND f.present IS NOT NULL
        AND f.observed_at >= e.admitted_at
        AND (e.discharged_at IS NULL OR f.observed_at <= e.discharged_at)
),

summary AS (
    SELECT
        admission_id,
        CASE
            WHEN BOOL_OR(met) THEN TRUE
            WHEN
                BOOL_AND(met IS NOT NULL)
                AND BOOL_OR(sign = 'respiratory_rate') AND BOOL_OR(sign = 'spo2') THEN FALSE
        END AS met,
        MIN(measured_at) FILTER (WHERE met) AS first_at
    FROM sign
    GROUP BY admission_id
)

SELECT
    p.admission_id,
    s.met AND p.met AS met,
    CASE WHEN s.met AND p.met THEN GREATEST(s.first_at, p.first_at) END AS first_at
FROM pneumonia AS p
LEFT JOIN summary AS s ON p.admission_id = s.admission_id
