-- One row per coded diagnosis: "401.9, I10" is an ICD-9-CM code and an ICD-10-CM code. A diagnosis
-- without a code is known by its path alone. And one for each stay and disease that the history
-- lists, or for which APACHE says that the patient came to the unit.
-- Source: eICU diagnosis, pastHistory, admissionDx. diagnosed_at: when it was entered (first); why
-- somebody came to the unit was so when the unit stay began, though it is entered later.
-- present_on_admission: true of the history, and of why somebody came to the unit from outside.
-- vocabulary: by the form of the code; E980.2 and V62.84 are ICD-9-CM, E87.2 is ICD-10-CM; what is
-- neither is local. Of a stay without a row of `diagnosis` nothing is told: nobody says of it what
-- arose in the stay, and what is coded of others counts as absent.
WITH coded AS (
    SELECT
        patientunitstayid,
        diagnosisoffset,
        UNNEST(COALESCE(
            STRING_SPLIT(NULLIF(TRIM(icd9code), ''), ','), [diagnosisstring]
        )) AS written,
        NULLIF(TRIM(icd9code), '') IS NOT NULL AS is_coded
    FROM source.diagnosis
),

diagnosed AS (
    SELECT DISTINCT s.admission_id
    FROM source.diagnosis AS d
    INNER JOIN prepared.unit_stay AS s ON d.patientunitstayid = s.patientunitstayid
)

SELECT
    s.hospital_id,
    s.admission_id,
    TRIM(d.written) AS code,
    CASE
        WHEN NOT d.is_coded THEN 'local'
        WHEN REGEXP_FULL_MATCH(
            TRIM(d.written), '([0-9]{3}|V[0-9]{2})([.][0-9]{1,2})?|E[0-9]{3}([.][0-9])?'
        ) THEN 'ICD9CM'
        WHEN REGEXP_FULL_MATCH(TRIM(d.written), '[A-Z][0-9][0-9A-Z]([.][0-9A-Z]{1,4})?')
            THEN 'ICD10CM'
        ELSE 'local'
    END AS vocabulary,
    NULL AS present_on_admission,
    d.diagnosisoffset + s.shift AS diagnosed_at
FROM coded AS d
INNER JOIN prepared.unit_stay AS s ON d.patientunitstayid = s.patientunitstayid
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    p.code,
    p.vocabulary,
    TRUE AS present_on_admission,
    MIN(p.pasthistoryoffset + s.shift) AS diagnosed_at
FROM prepared.past_condition AS p
INNER JOIN prepared.unit_stay AS s ON p.patientunitstayid = s.patientunitstayid
SEMI JOIN diagnosed AS d ON s.admission_id = d.admission_id
GROUP BY s.hospital_id, s.admission_id, p.code, p.vocabulary
UNION ALL
SELECT
    s.hospital_id,
    s.admission_id,
    r.code,
    r.vocabulary,
    NULLIF(BOOL_OR(s.is_from_outside), FALSE) AS present_on_admission,
    MIN(LEAST(r.admitdxenteredoffset, 0) + s.shift) AS diagnosed_at
FROM prepared.admission_reason AS r
INNER JOIN prepared.unit_stay AS s ON r.patientunitstayid = s.patientunitstayid
SEMI JOIN diagnosed AS d ON s.admission_id = d.admission_id
GROUP BY s.hospital_id, s.admission_id, r.code, r.vocabulary
