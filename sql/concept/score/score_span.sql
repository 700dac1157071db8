-- The 24 h windows in which scores look at an eligible stay: day 1 begins at the anchor.
-- Grain: eligible admission. n_days: windows from the anchor to discharge, at least one, at most
-- $days (NULL: all; a stay without an end has at most 28). The last may be shorter than 24 h.
-- ends_at: the end of the last window (not in it); whole_until: of the last that is over before the
-- discharge; left_at: the discharge, or a far day; fio2_from: 4 h before admission. They are here
-- so that no row of a large table computes them again.
-- Needs table `score_anchor` (admission_id, anchor_at).
WITH span AS (
    SELECT
        e.admission_id,
        e.admitted_at,
        e.discharged_at,
        a.anchor_at,
        LEAST(
            COALESCE($days, 1000000),
            GREATEST(
                COALESCE(
                    (DATE_DIFF('microsecond', a.anchor_at, e.discharged_at) - 1) // 86400000000
                    + 1, 28
                ), 1
            )
        ) AS n_days
    FROM eligible AS e
    INNER JOIN score_anchor AS a ON e.admission_id = a.admission_id
)

SELECT
    *,
    anchor_at + n_days * INTERVAL 24 HOUR AS ends_at,
    CASE
        WHEN discharged_at IS NULL THEN anchor_at + n_days * INTERVAL 24 HOUR
        ELSE
            anchor_at + INTERVAL 24 HOUR * LEAST(
                n_days,
                (EPOCH_US(discharged_at) - EPOCH_US(anchor_at)) // 86400000000
            )
    END AS whole_until,
    COALESCE(discharged_at, TIMESTAMP '9999-12-31') AS left_at,
    admitted_at - INTERVAL 4 HOUR AS fio2_from
FROM span
