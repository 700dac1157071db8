-- One row per stay in intensive care.
-- Source: visit_detail (32037 intensive care, 581379 inpatient critical care facility), placed as
-- every event is. An end with a date only, or at midnight, is the end of that day.
SELECT
    p.hospital_id,
    p.admission_id,
    p.happened_at AS started_at,
    CASE
        WHEN
            MOMENT_OF(p.visit_detail_end_datetime, p.visit_detail_end_date)::TIME
            <> TIME '00:00:00'
            THEN p.visit_detail_end_datetime
        ELSE
            MOMENT_OF(p.visit_detail_end_datetime, p.visit_detail_end_date)
            + INTERVAL 1 DAY - INTERVAL 1 SECOND
    END AS stopped_at
FROM
    prepared.PLACED(
        'source.visit_detail',
        MOMENT_OF(visit_detail_start_datetime, visit_detail_start_date)
    ) AS p
WHERE p.visit_detail_concept_id IN (32037, 581379)
