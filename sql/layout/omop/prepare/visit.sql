-- The admission to which each inpatient or emergency visit belongs.
-- Grain: visit; of several rows of one visit the first.
-- Visits of a person in one hospital that overlap, or follow one another within
-- $admission_gap_hours, are one admission if one of them is inpatient; it bears the smallest id of
-- its inpatient visits.
-- Source: visit_occurrence. Inpatient: 9201, 262 (from emergency), 32037 and 581379 (intensive
-- care), 8717. Emergency: 9203, an admission of its own where $emergency_visits says so.
-- An end with a date only, or at midnight, is the end of that day.
WITH visit AS (
    SELECT
        v.visit_occurrence_id,
        v.person_id,
        v.care_site_id,
        v.discharged_to_concept_id,
        v.visit_concept_id <> 9203 OR $emergency_visits AS inpatient,
        v.hospital_id,
        MOMENT_OF(v.visit_start_datetime, v.visit_start_date) AS started_at,
        CASE
            WHEN MOMENT_OF(v.visit_end_datetime, v.visit_end_date)::TIME <> TIME '00:00:00'
                THEN v.visit_end_datetime
            ELSE
                MOMENT_OF(v.visit_end_datetime, v.visit_end_date)
                + INTERVAL 1 DAY - INTERVAL 1 SECOND
        END AS ended_at
    FROM prepared.hospital_of_visit AS v
    WHERE v.visit_concept_id IN (9201, 262, 32037, 581379, 8717, 9203)
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY v.visit_occurrence_id
        ORDER BY v.person_id, v.visit_start_date, v.visit_start_datetime, v.visit_end_date
    ) = 1
),

beside AS (
    SELECT
        *,
        MAX(ended_at) OVER (
            PARTITION BY person_id, hospital_id
            ORDER BY started_at, ended_at, visit_occurrence_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS ended_before
    FROM visit
),

chained AS (
    SELECT
        *,
        COUNT_IF(
            ended_before IS NULL
            OR started_at > ended_before + TO_SECONDS($admission_gap_hours * 3600)
        ) OVER (
            PARTITION BY person_id, hospital_id
            ORDER BY started_at, ended_at, visit_occurrence_id
        ) AS chain
    FROM beside
)

SELECT
    *,
    MIN(CASE WHEN inpatient THEN visit_occurrence_id END) OVER (
        PARTITION BY person_id, hospital_id, chain
    ) AS admission_id
FROM chained
QUALIFY admission_id IS NOT NULL
