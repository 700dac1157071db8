-- One row per person and hospital; a person has one id in all hospitals.
-- Source: Synthea CSV patients. death_at: as prepared.stay has it.
SELECT
    s.hospital_id,
    s.patient AS patient_id,
    s.patient AS person_id,
    ANY_VALUE(p.birthdate)::DATE AS birth_date,
    ANY_VALUE(s.death_at) AS death_at,
    CASE ANY_VALUE(PLAIN_WORD(p.gender))
        WHEN 'f' THEN 'female' WHEN 'm' THEN 'male' ELSE 'unknown'
    END AS sex
FROM prepared.stay AS s
LEFT JOIN source.patients AS p ON s.patient = p.id
GROUP BY s.hospital_id, s.patient
