-- The moments of an eligible stay at which two or more SIRS criteria had been abnormal within the
-- 24 h up to then (24 h apart included). Grain: admission and moment. Needs sirs_sign.
WITH window_24h AS (
    SELECT
        admission_id,
        seen_at,
        BIT_OR(sign) OVER (
            PARTITION BY admission_id ORDER BY seen_at
            RANGE BETWEEN INTERVAL 24 HOUR PRECEDING AND CURRENT ROW
        ) AS signs
    FROM sirs_sign
)

SELECT DISTINCT
    admission_id,
    seen_at
FROM window_24h
WHERE BIT_COUNT(signs) >= 2
