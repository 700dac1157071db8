-- One row per stay in intensive care.
-- Source: visit_detail (32037 intensive care, 581379 inpatient critical care facility).
SELECT
    v.hospital_id,
    v.admission_id,
    COALESCE(d.visit_detail_start_datetime, d.visit_detail_start_date::TIMESTAMP) AS started_at,
    COALESCE(
        d.visit_detail_end_datetime,
        d.visit_detail_end_date + INTERVAL 1 DAY - INTERVAL 1 SECOND
    ) AS stopped_at
FROM source.visit_detail AS d
INNER JOIN prepared.visit AS v ON d.visit_occurrence_id = v.visit_occurrence_id
WHERE d.visit_detail_concept_id IN (32037, 581379)
