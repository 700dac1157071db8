-- Whether the stay shows pneumonia: coded, or seen in an image.
-- met: TRUE coded, or an image finding present; FALSE images without any such finding; NULL neither
-- (no code is not absence, so other codes alone do not give FALSE).
-- Grain: eligible admission. first_at: the first dated sign of it.
WITH seen AS (
    SELECT
        d.admission_id,
        d.diagnosed_at AS seen_at,
        TRUE AS present
    FROM diagnosis AS d
    SEMI JOIN eligible AS e ON d.admission_id = e.admission_id
    INNER JOIN ref.condition AS r ON d.vocabulary = r.vocabulary AND d.code = r.code
    WHERE r.condition = 'pneumonia'
    UNION ALL
    SELECT
        f.admission_id,
        f.observed_at AS seen_at,
        f.present
    FROM finding AS f
    SEMI JOIN eligible AS e ON f.admission_id = e.admission_id
    WHERE
        f.finding_code IN (
            'pneumonia', 'ground_glass_opacity', 'pulmonary_consolidation',
            'interstitial_abnormalities', 'bilateral_opacities'
        )
),

summary AS (
    SELECT
        admission_id,
        BOOL_OR(present) AS met,
        MIN(seen_at) FILTER (WHERE present) AS first_at
    FROM seen
    GROUP BY admission_id
)

SELECT
    e.admission_id,
    s.met,
    s.first_at
FROM eligible AS e
LEFT JOIN summary AS s ON e.admission_id = s.admission_id
