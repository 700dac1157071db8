-- One row per use of a device that supports breathing. Its end is null where the
-- source has none; at midnight it is the end of that day.
-- Source: procedure_occurrence, by concept (prepared.meaning).
SELECT
    p.hospital_id,
    p.admission_id,
    g.name AS device,
    NULL AS fio2,
    CASE
        WHEN p.procedure_end_datetime::TIME <> TIME '00:00:00' THEN p.procedure_end_datetime
        ELSE p.procedure_end_datetime + INTERVAL 1 DAY - INTERVAL 1 SECOND
    END AS stopped_at,
    p.happened_at AS started_at
FROM
    prepared.PLACED(
        'source.procedure_occurrence', MOMENT_OF(procedure_datetime, procedure_date)
    ) AS p
INNER JOIN prepared.meaning AS g ON p.procedure_concept_id = g.concept_id AND g.kind = 'device'
