-- The admissions: visits collapsed.
-- Grain: admission. discharged_to: of the last visit. Source: prepared.visit.
SELECT
    hospital_id,
    admission_id,
    person_id,
    MIN(started_at) AS admitted_at,
    MAX(ended_at) AS discharged_at,
    ARG_MAX(
        COALESCE(discharged_to_concept_id::BIGINT, -1), (ended_at, inpatient, visit_occurrence_id)
    ) AS discharged_to
FROM prepared.visit
GROUP BY hospital_id, admission_id, person_id
