-- One row per result. A result of another specimen than blood has the specimen in its code, so
-- that creatinine in urine is never read as creatinine. Without a category the LOINC code counts.
-- D-dimer: by LOINC where the unit says neither FEU nor DDU; without either the code stays
-- unresolved, for they differ by a factor of 2.
-- Source: CLIF labs.
WITH coded AS (
    SELECT
        l.*,
        c.word,
        p.specimen,
        c.word IS NULL OR c.is_d_dimer AS by_loinc,
        CASE
            WHEN c.is_d_dimer AND REGEXP_MATCHES(l.reference_unit, 'FEU|DDU', 'i') THEN '48065-7'
            ELSE NULLIF(TRIM(l.lab_loinc_code), '')
        END AS loinc
    FROM source.clif_labs AS l
    LEFT JOIN prepared.lab_category AS c ON l.lab_category = c.lab_category
    LEFT JOIN prepared.specimen AS p ON l.lab_specimen_category = p.lab_specimen_category
)

SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    l.lab_value_numeric AS value,
    l.lab_value AS value_text,
    l.reference_unit AS unit,
    l.lab_collect_dttm AS collected_at,
    l.lab_result_dttm AS resulted_at,
    CASE
        WHEN l.specimen IS NOT NULL AND l.word IS NOT NULL
            THEN l.lab_category || '_' || l.specimen
        WHEN l.by_loinc THEN COALESCE(l.loinc, l.lab_category)
        ELSE l.lab_category
    END AS lab_code,
    CASE
        WHEN l.by_loinc AND l.loinc IS NOT NULL AND (l.specimen IS NULL OR l.word IS NULL)
            THEN 'LOINC'
        ELSE 'CLIF'
    END AS vocabulary
FROM coded AS l
INNER JOIN prepared.stay AS s ON l.hospitalization_id = s.hospitalization_id
