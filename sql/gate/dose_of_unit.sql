-- How large the doses of the exposure are that stays were given in one unit.
-- Grain: hospital, unit, bin (eighths of an octave of the stay's median grams). n: stays.
WITH stay AS (
    SELECT
        hospital_id,
        admission_id,
        dose_unit,
        MEDIAN(grams) AS grams
    FROM GIVEN('gate.exposure_row')
    WHERE grams > 0 AND grams < 1e9
    GROUP BY hospital_id, admission_id, dose_unit
)

SELECT
    hospital_id,
    dose_unit,
    FLOOR(8 * LOG2(grams))::BIGINT AS bin,
    COUNT(*) AS n
FROM stay
GROUP BY ALL
ORDER BY ALL
