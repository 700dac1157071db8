-- What was coded of candidate admissions as known by then: diagnoses, and their categories.
-- Grain: admission and code. kind: diagnosis, or diagnosis_group (the first three characters of an
-- ICD code). value: NULL. A code counts where it is flagged as present on admission, or is without
-- a flag and dated by then. One without a flag and a date says nothing of when; it does not count.
-- Codes of a vocabulary of its own are the hospital's.
-- $until_hours: so long after time zero is what is known then.
WITH coded AS (
    SELECT DISTINCT
        c.admission_id,
        COALESCE(d.vocabulary, 'local') AS vocabulary,
        d.code,
        c.hospital_id
    FROM diagnosis AS d
    INNER JOIN candidate AS c ON d.admission_id = c.admission_id
    WHERE
        d.code IS NOT NULL
        AND (
            d.present_on_admission IS TRUE
            OR (
                d.present_on_admission IS NULL
                AND d.diagnosed_at <= c.time_zero + TO_SECONDS($until_hours * 3600)
            )
        )
)

SELECT
    admission_id,
    'diagnosis' AS kind,
    IF(vocabulary = 'local', hospital_id || ' ' || code, vocabulary || ' ' || code) AS code,
    NULL::DOUBLE AS value
FROM coded
UNION
SELECT
    admission_id,
    'diagnosis_group' AS kind,
    vocabulary || ' ' || LEFT(UPPER(code), 3) AS code,
    NULL::DOUBLE AS value
FROM coded
WHERE vocabulary LIKE 'ICD%' AND LENGTH(code) > 3
