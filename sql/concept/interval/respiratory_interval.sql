-- Respiratory support of eligible stays with a PaO2: each interval, how long its device went on.
-- Grain: one row of respiratory_support. fio2: as stated within [0.21, 1] (room air without a
-- figure is 0.21); NULL where none is known. run_stopped_at: the end of the unbroken run of this
-- device that the row belongs to (a far day: no end on record, still on); only where some row of
-- the device states no FiO2: nothing is carried over rows that all state theirs. Needs stay_lab.
WITH gas AS (
    SELECT DISTINCT admission_id
    FROM stay_lab
    WHERE analyte = 'pao2'
),

stated AS (
    SELECT
        r.admission_id,
        r.device AS kind,
        r.started_at,
        r.stopped_at,
        CASE
            WHEN r.fio2 BETWEEN 0.21 AND 1 THEN r.fio2
            WHEN r.device = 'room_air' AND r.fio2 IS NULL THEN 0.21
        END AS fio2
    FROM respiratory_support AS r
    SEMI JOIN gas AS g ON r.admission_id = g.admission_id
),

silent AS (
    SELECT DISTINCT
        admission_id,
        kind
    FROM stated
    WHERE fio2 IS NULL
),

partly_stated AS ( -- noqa: ST03
    SELECT s.*
    FROM stated AS s
    SEMI JOIN silent AS n ON s.admission_id = n.admission_id AND s.kind = n.kind
)

SELECT
    admission_id,
    kind AS device,
    fio2,
    started_at,
    stopped_at,
    run_stopped_at
FROM RUNS('partly_stated')
UNION ALL
SELECT
    s.admission_id,
    s.kind AS device,
    s.fio2,
    s.started_at,
    s.stopped_at,
    COALESCE(s.stopped_at, TIMESTAMP '9999-12-31') AS run_stopped_at
FROM stated AS s
ANTI JOIN silent AS n ON s.admission_id = n.admission_id AND s.kind = n.kind
