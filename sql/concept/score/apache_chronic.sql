-- What coded diagnoses say for APACHE II: acute renal failure and chronic health.
-- Grain: eligible admission with any diagnosis code (others: no row, nothing is known).
-- A code flagged as arisen in the stay does not count. perhaps: diseases whose degree (NYHA IV,
-- dialysis, respiratory cripple) no code tells.
SELECT
    d.admission_id,
    BOOL_OR(COALESCE(r.condition = 'acute_kidney_injury', FALSE)) AS renal_failure,
    BOOL_OR(
        COALESCE(r.condition IN ('cirrhosis', 'immunosuppressive_state'), FALSE)
    ) AS insufficient,
    BOOL_OR(
        COALESCE(
            r.condition IN ('chronic_renal_failure', 'chronic_cardiac_disease', 'copd'), FALSE
        )
    ) AS perhaps
FROM diagnosis AS d
SEMI JOIN eligible AS e ON d.admission_id = e.admission_id
LEFT JOIN ref.condition AS r
    ON
        d.vocabulary = r.vocabulary AND d.code = r.code
        AND d.present_on_admission IS DISTINCT FROM FALSE
GROUP BY d.admission_id
