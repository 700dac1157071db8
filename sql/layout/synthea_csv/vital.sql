-- One row per vital sign of the encounter of a stay. Weight and height are in the admission.
-- Source: Synthea CSV observations, by LOINC (prepared.vital_loinc).
SELECT
    s.hospital_id,
    s.encounter AS admission_id,
    v.vital_code,
    TRY_CAST(o.value AS DOUBLE) AS value,
    o.units AS unit,
    o.date AS measured_at
FROM source.observations AS o
INNER JOIN prepared.stay AS s ON o.encounter = s.encounter
INNER JOIN prepared.vital_loinc AS v
    ON o.code = v.loinc AND v.vital_code NOT IN ('weight', 'height')
WHERE TRY_CAST(o.value AS DOUBLE) IS NOT NULL
