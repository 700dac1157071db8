-- One row per result of the encounter of a stay. Codes are LOINC. Of dumps that say no category,
-- every observation counts that is no vital sign.
-- Source: Synthea CSV observations. resulted_at: none.
SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    o.code AS lab_code,
    'LOINC' AS vocabulary,
    TRY_CAST(o.value AS DOUBLE) AS value,
    o.value AS value_text,
    o.units AS unit,
    o.date AS collected_at,
    NULL AS resulted_at
FROM source.observations AS o
INNER JOIN prepared.stay AS s ON o.encounter = s.encounter
WHERE
    COALESCE(PLAIN_WORD(o.category), 'laboratory') = 'laboratory'
    AND o.code NOT IN (SELECT v.loinc FROM prepared.vital_loinc AS v)
    AND o.code NOT IN (SELECT t.loinc FROM prepared.test_loinc AS t)
