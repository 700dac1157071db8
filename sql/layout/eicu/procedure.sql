-- One row per documented renal replacement or ECMO. Its end is unknown.
-- Source: eICU treatment; the moment is that of the documentation.
SELECT
    s.hospital_id,
    s.admission_id,
    CASE
        WHEN REGEXP_MATCHES(t.treatmentstring, '[|]C ?V ?V ?H|[|]SCUF|[|]C ?A ?V ?H', 'i')
            THEN 'crrt'
        WHEN REGEXP_MATCHES(t.treatmentstring, '[|](ECMO|extracorporeal membrane)', 'i')
            THEN 'ecmo'
        ELSE 'hemodialysis'
    END AS procedure_code,
    t.treatmentoffset + s.shift AS started_at,
    NULL AS stopped_at
FROM source.treatment AS t
INNER JOIN prepared.unit_stay AS s ON t.patientunitstayid = s.patientunitstayid
WHERE
    REGEXP_MATCHES(
        t.treatmentstring,
        '^renal[|]dialysis[|](C ?V ?V ?H|SCUF|C ?A ?V ?H|hemodialysis)'
        || '|[|](ECMO|extracorporeal membrane)',
        'i'
    )
