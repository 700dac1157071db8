-- Vital signs that are charted among other things: coma scores, FiO2 in percent, urine in mL.
-- Grain: unit stay, sign and offset. Urine: what is charted as an output in mL under a name of
-- urine, a urinary catheter or voids; counts of voids are no volume.
-- Source: prepared.coma_score; eICU respiratorycharting, intakeoutput.
SELECT
    patientunitstayid,
    physicalexamoffset AS minutes,
    'gcs' AS vital_code,
    'points' AS unit,
    value
FROM prepared.coma_score
UNION ALL
SELECT
    patientunitstayid,
    respchartoffset AS minutes,
    'fio2' AS vital_code,
    '%' AS unit,
    TRY_CAST(TRIM(respchartvalue, ' %') AS DOUBLE) AS value
FROM source.respiratorycharting
WHERE
    PLAIN_WORD(respchartvaluelabel) IN (
        'fio2', 'fio2_(%)', 'o2_percentage', 'set_fraction_of_inspired_oxygen_(fio2)'
    )
UNION ALL
SELECT
    patientunitstayid,
    intakeoutputoffset AS minutes,
    'urine_output' AS vital_code,
    'mL' AS unit,
    cellvaluenumeric AS value
FROM source.intakeoutput
WHERE
    CONTAINS(cellpath, '|Output (ml)|')
    AND REGEXP_MATCHES(celllabel, 'urin|foley|void', 'i')
    AND NOT REGEXP_MATCHES(celllabel, 'count|occurrence|unmeasured|stool|irrigat', 'i')
