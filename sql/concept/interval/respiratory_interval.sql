-- Respiratory support of eligible stays: each interval, and how long its device went on.
-- Grain: one row of respiratory_support. fio2: as stated within [0.21, 1] (room air without a
-- figure is 0.21); NULL where none is known. run_stopped_at: the end of the unbroken run of this
-- device that the row belongs to (a far day: no end on record, still on).
WITH stay_device AS ( -- noqa: ST03
    SELECT
        r.admission_id,
        r.device AS kind,
        r.fio2,
        r.started_at,
        r.stopped_at
    FROM respiratory_support AS r
    SEMI JOIN eligible AS e ON r.admission_id = e.admission_id
)

SELECT
    admission_id,
    kind AS device,
    CASE
        WHEN fio2 BETWEEN 0.21 AND 1 THEN fio2
        WHEN kind = 'room_air' AND fio2 IS NULL THEN 0.21
    END AS fio2,
    started_at,
    stopped_at,
    run_stopped_at
FROM RUNS('stay_device')
