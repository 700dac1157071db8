-- Codes that only one sex can have (pregnancy, genital organs), of patients of the other.
-- Grain: hospital. violated: such rows; denominator: rows of these codes of patients of known sex.
-- ICD-10: O00-O9A, C51-C58, N70-N98 of women, C60-C63, N40-N51 of men; ICD-9-CM: 614-629, 630-679,
-- 179-184 of women, 185-187, 600-608 of men. Breasts (C50, N60-N64, 610-611) are of both.
WITH form AS (
    SELECT
        one.vocabulary,
        one.sex,
        one.form
    FROM (
        VALUES
        ('ICD10', 'female', '^(O[0-9]|C5[1-8]|N[78][0-9]|N9[0-8])'),
        ('ICD10', 'male', '^(C6[0-3]|N4[0-9]|N5[01])'),
        ('ICD9CM', 'female', '^(6[3-7][0-9]|61[4-9]|62[0-9]|179|18[0-4])'),
        ('ICD9CM', 'male', '^(18[5-7]|60[0-8])')
    ) AS one (vocabulary, sex, form)
),

used AS MATERIALIZED (
    SELECT DISTINCT
        vocabulary,
        code
    FROM resolved.diagnosis
    WHERE vocabulary IN ('ICD10', 'ICD10CM', 'ICD9CM')
),

of_one_sex AS (
    SELECT
        u.vocabulary,
        u.code,
        f.sex
    FROM used AS u
    INNER JOIN form AS f
        ON
            CASE WHEN u.vocabulary = 'ICD10CM' THEN 'ICD10' ELSE u.vocabulary END = f.vocabulary
            AND REGEXP_MATCHES(UPPER(TRIM(u.code)), f.form)
),

coded AS (
    SELECT
        d.hospital_id,
        d.admission_id,
        o.sex
    FROM resolved.diagnosis AS d
    INNER JOIN of_one_sex AS o ON d.vocabulary = o.vocabulary AND d.code = o.code
)

SELECT
    c.hospital_id,
    COUNT(*) FILTER (WHERE p.sex <> c.sex) AS violated,
    COUNT(*) AS denominator
FROM coded AS c
INNER JOIN main.admission AS a ON c.admission_id = a.admission_id
INNER JOIN main.patient AS p ON a.patient_id = p.patient_id
WHERE p.sex IN ('female', 'male')
GROUP BY c.hospital_id
