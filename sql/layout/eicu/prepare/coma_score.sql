-- The Glasgow coma score of physical examinations: the total, or the sum of its three parts.
-- Grain: unit stay and moment. Source: eICU physicalexam, whose paths end with the score.
WITH part AS (
    SELECT
        patientunitstayid,
        physicalexamoffset,
        REGEXP_EXTRACT(
            physicalexampath, '/GCS/(?:(Eyes|Verbal|Motor) Score/)?([0-9]{1,2})$',
            ['part', 'points']
        ) AS told
    FROM source.physicalexam
    WHERE REGEXP_MATCHES(physicalexampath, '/GCS/(?:(Eyes|Verbal|Motor) Score/)?[0-9]{1,2}$')
),

summed AS (
    SELECT
        patientunitstayid,
        physicalexamoffset,
        MIN(told.points::INTEGER) FILTER (WHERE told.part = '') AS total,
        MIN(told.points::INTEGER) FILTER (WHERE told.part = 'Eyes')
        + MIN(told.points::INTEGER) FILTER (WHERE told.part = 'Verbal')
        + MIN(told.points::INTEGER) FILTER (WHERE told.part = 'Motor') AS of_parts
    FROM part
    GROUP BY patientunitstayid, physicalexamoffset
)

SELECT
    patientunitstayid,
    physicalexamoffset,
    COALESCE(total, of_parts)::DOUBLE AS value
FROM summed
WHERE COALESCE(total, of_parts) IS NOT NULL
