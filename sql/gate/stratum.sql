-- The counted stays by what divides them: sex, age, how they ended, the exposure, the month.
-- Grain: stay and stratum. part: one of the parts of a stratum; a stay of which it is unknown is in
-- none. Of the admissions that the gate kept. Without a calendar there are no months.
WITH counted AS (
    SELECT admission_id
    FROM gate.stay
    WHERE stay_counted
),

exposed AS (
    SELECT DISTINCT admission_id
    FROM GIVEN('gate.exposure_row')
),

stay AS (
    SELECT
        a.hospital_id,
        a.admission_id,
        a.admitted_at,
        a.discharge_status,
        p.sex,
        COALESCE(
            a.age_years, DATE_DIFF('day', p.birth_date, a.admitted_at::DATE) / 365.25
        ) AS age_years,
        e.admission_id IS NOT NULL AS is_exposed
    FROM main.admission AS a
    SEMI JOIN counted AS c ON a.admission_id = c.admission_id
    LEFT JOIN main.patient AS p ON a.patient_id = p.patient_id
    LEFT JOIN exposed AS e ON a.admission_id = e.admission_id
)

SELECT
    hospital_id,
    admission_id,
    'sex' AS stratum,
    sex AS part
FROM stay
WHERE sex IN ('female', 'male')
UNION ALL
SELECT
    hospital_id,
    admission_id,
    'age' AS stratum,
    CASE WHEN age_years >= 65 THEN 'from 65' ELSE 'below 65' END AS part
FROM stay
WHERE age_years >= 18
UNION ALL
SELECT
    hospital_id,
    admission_id,
    'end' AS stratum,
    CASE WHEN discharge_status = 'died' THEN 'died' ELSE 'discharged' END AS part
FROM stay
WHERE discharge_status <> 'unknown'
UNION ALL
SELECT
    hospital_id,
    admission_id,
    'exposure' AS stratum,
    CASE WHEN is_exposed THEN 'given' ELSE 'not given' END AS part
FROM stay
UNION ALL
SELECT
    hospital_id,
    admission_id,
    'month' AS stratum,
    STRFTIME(admitted_at, '%Y-%m') AS part
FROM stay
WHERE $calendar AND admitted_at IS NOT NULL
