-- The stays in hospital: inpatient encounters, and emergency ones where the study counts them.
-- Grain: encounter. death_at: of the person; a bare date is the beginning of that day, but not
-- before the last stay of that hospital that begins on it.
-- Source: Synthea CSV encounters, patients.
SELECT
    e.id AS encounter,
    e.organization AS hospital_id,
    e.patient,
    e.start AS started_at,
    e.stop AS stopped_at,
    e.code = '305351004' AS in_intensive_care,
    GREATEST(
        p.deathdate,
        MAX(e.start) FILTER (WHERE e.start::DATE = p.deathdate::DATE) OVER (
            PARTITION BY e.patient, e.organization
        )
    ) AS death_at
FROM source.encounters AS e
LEFT JOIN source.patients AS p ON e.patient = p.id
WHERE
    PLAIN_WORD(e.encounterclass) = 'inpatient'
    OR ($emergency_visits AND PLAIN_WORD(e.encounterclass) = 'emergency')
