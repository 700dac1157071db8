-- Abnormal signs of SIRS in eligible stays, one bit per criterion. Needs stay_lab, stay_vital.
-- Grain: one abnormal measurement. sign: 1 temperature > 38 or < 36 C; 2 heart rate > 90/min;
-- 4 respiratory rate > 20/min or PaCO2 < 32 mmHg; 8 WBC > 12 or < 4 x 10^9/L or > 10% bands.
-- All inequalities are strict. Source: Hartung 2009 after Bone 1992 (Chest 101:1644).
SELECT
    admission_id,
    measured_at AS seen_at,
    1::UTINYINT AS sign
FROM stay_vital
WHERE vital_code = 'temperature' AND (value > 38 OR value < 36)
UNION ALL
SELECT
    admission_id,
    measured_at AS seen_at,
    2::UTINYINT AS sign
FROM stay_vital
WHERE vital_code = 'heart_rate' AND value > 90
UNION ALL
SELECT
    admission_id,
    measured_at AS seen_at,
    4::UTINYINT AS sign
FROM stay_vital
WHERE vital_code = 'respiratory_rate' AND value > 20
UNION ALL
SELECT
    admission_id,
    collected_at AS seen_at,
    4::UTINYINT AS sign
FROM stay_lab
WHERE analyte = 'paco2' AND value < 32
UNION ALL
SELECT
    admission_id,
    collected_at AS seen_at,
    8::UTINYINT AS sign
FROM stay_lab
WHERE analyte = 'wbc' AND (value > 12 OR value < 4)
UNION ALL
SELECT
    admission_id,
    collected_at AS seen_at,
    8::UTINYINT AS sign
FROM stay_lab
WHERE analyte = 'bands' AND value > 10
