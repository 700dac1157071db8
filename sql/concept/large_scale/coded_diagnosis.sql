-- Diagnoses of candidate admissions that were known by then.
-- Grain: admission, vocabulary and code, as they are written. A code counts where it is flagged as
-- present on admission, or is without a flag and dated by then. One without a flag and a date says
-- nothing of when; it does not count.
-- $until_hours: so long after time zero is what is known then.
SELECT DISTINCT
    c.admission_id,
    c.hospital_id,
    d.vocabulary,
    d.code
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
