-- Whether the admission began in the study period [start, end], whole days.
-- Grain: admission.
SELECT
    admission_id,
    admitted_at >= $period_start AND admitted_at < $period_end::DATE + INTERVAL 1 DAY AS met,
    admitted_at AS first_at
FROM eligible
