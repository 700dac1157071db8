-- The admissions of table `eligible` that met the criterion judged last ($name) as well.
-- Grain: admission. The same as `eligible` over all criteria; the earlier ones are not judged anew.
SELECT e.*
FROM eligible AS e
WHERE NOT EXISTS (
    SELECT 1 FROM criterion AS c
    WHERE c.admission_id = e.admission_id AND c.name = $name AND c.met IS NOT TRUE
)
