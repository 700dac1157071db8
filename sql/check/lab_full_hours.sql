-- Results of the counted stays that were collected at a full hour, where nearly all were.
-- Grain: hospital. violated: those at a full hour; denominator: all with a time of day.
SELECT
    hospital_id,
    CASE WHEN COUNT(*) >= 20 AND AVG(full_hour) > 0.9 THEN SUM(full_hour)::BIGINT ELSE 0 END
        AS violated,
    COUNT(*) AS denominator
FROM (
    SELECT
        hospital_id,
        (EPOCH_US(collected_at) % 3600000000 = 0)::INTEGER AS full_hour
    FROM gate.counted_lab
    WHERE EPOCH_US(collected_at) % 86400000000 <> 0
) AS timed
GROUP BY hospital_id
