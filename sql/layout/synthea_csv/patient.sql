-- One row per person and hospital; a person has one id in all hospitals.
-- Source: Synthea CSV patients. death_at: within a stay of that hospital where it fits one.
SELECT
    s.hospital_id,
    s.patient AS patient_id,
    s.patient AS person_id,
    MIN(p.birthdate)::DATE AS birth_date,
    COALESCE(
        MIN(s.death_at) FILTER (WHERE s.death_at BETWEEN s.started_at AND s.stopped_at),
        MIN(s.death_at)
    ) AS death_at,
    CASE MIN(PLAIN_WORD(p.gender)) WHEN 'f' THEN 'female' WHEN 'm' THEN 'male' ELSE 'unknown' END
        AS sex
FROM prepared.stay AS s
LEFT JOIN source.patients AS p ON s.patient = p.id
GROUP BY s.hospital_id, s.patient
