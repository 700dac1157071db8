-- Counted stays with both scores, and those whose highest APACHE II is below their lowest SOFA.
-- Grain: hospital. Of stays with a SOFA above 0.
WITH stay AS (
    SELECT
        hospital_id,
        MAX(value) FILTER (WHERE score_code = 'apache_ii') AS apache_ii,
        MIN(value) FILTER (WHERE score_code = 'sofa') AS sofa
    FROM gate.counted_score
    GROUP BY hospital_id, admission_id
)

SELECT
    hospital_id,
    COUNT(*) FILTER (WHERE apache_ii < sofa) AS violated,
    COUNT(*) AS denominator
FROM stay
WHERE apache_ii IS NOT NULL AND sofa > 0
GROUP BY hospital_id
