-- The courses of the exposure: how many doses, and on how many of their days there is one.
-- Grain: hospital. n: doses that were given, n_days: days with some, of n_stays; n_mg: milligrams
-- of the n_known doses whose grams the unit tells, none of them infinite. Of the n_several stays
-- with doses on several days: n_dosed days with a dose, of the n_span days from the first to the
-- last.
WITH course AS (
    SELECT
        hospital_id,
        admission_id,
        COUNT(*) AS n,
        COUNT(DISTINCT started_at::DATE) AS days,
        COUNT(grams) FILTER (WHERE grams BETWEEN 0 AND 1e9) AS known,
        SUM(grams) FILTER (WHERE grams BETWEEN 0 AND 1e9) AS grams,
        DATE_DIFF('day', MIN(started_at), MAX(started_at)) + 1 AS span
    FROM GIVEN('gate.exposure_row')
    GROUP BY hospital_id, admission_id
)

SELECT
    hospital_id,
    SUM(n)::BIGINT AS n,
    COUNT(*) AS n_stays,
    SUM(days)::BIGINT AS n_days,
    SUM(known)::BIGINT AS n_known,
    COALESCE(ROUND(1000 * SUM(grams)), 0)::BIGINT AS n_mg,
    COUNT(*) FILTER (WHERE days > 1) AS n_several,
    COALESCE(SUM(days) FILTER (WHERE days > 1), 0)::BIGINT AS n_dosed,
    COALESCE(SUM(span) FILTER (WHERE days > 1), 0)::BIGINT AS n_span
FROM course
GROUP BY hospital_id
ORDER BY hospital_id
