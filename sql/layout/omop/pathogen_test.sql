-- One row per pathogen test. Numeric results (Ct values) are no tests of presence and not listed.
-- result: value_as_concept_id by the ids of the layout facts, else by the name of that concept or
-- the value as written; what is neither stays as it is written.
-- Source: measurement, by concept (prepared.meaning).
WITH said AS (
    SELECT
        p.*,
        COALESCE(c.concept_name, p.value_source_value) AS written,
        LOWER(TRIM(COALESCE(c.concept_name, p.value_source_value))) AS answer
    FROM
        prepared.PLACED(
            'source.measurement', MOMENT_OF(measurement_datetime, measurement_date)
        ) AS p
    LEFT JOIN source.concept AS c ON p.value_as_concept_id = c.concept_id AND c.concept_id <> 0
)

SELECT
    t.hospital_id,
    t.admission_id,
    g.name AS organism_code,
    g.method,
    g.specimen,
    t.happened_at AS collected_at,
    CASE
        WHEN
            t.value_as_concept_id IN (
                4126681, 45877985, 45884084, 9191, 4181412, 45879438, 45881802
            )
            OR t.answer IN ('positive', 'detected', 'present', 'reactive', '阳性', '+')
            THEN 'positive'
        WHEN
            t.value_as_concept_id IN (9189, 45878583, 45880296)
            OR t.answer IN (
                'negative', 'not detected', 'absent', 'non-reactive', 'undetected', '阴性', '-'
            )
            THEN 'negative'
        WHEN t.answer IN ('indeterminate', 'inconclusive', 'equivocal', 'invalid', '可疑')
            THEN 'indeterminate'
        WHEN t.answer IN ('not done', 'not performed', 'cancelled', '未查') THEN 'not_done'
        ELSE t.written
    END AS result
FROM said AS t
INNER JOIN prepared.meaning AS g
    ON t.measurement_concept_id = g.concept_id AND g.kind = 'pathogen'
