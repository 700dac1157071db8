-- One row per result. A result of another specimen than blood has the specimen in its code, so
-- that creatinine in urine is never read as creatinine. D-dimer: by LOINC where the unit says
-- neither FEU nor DDU; without either the code stays unresolved, for they differ by a factor of 2.
-- Source: CLIF labs.
SELECT
    s.hospital_id,
    s.hospitalization_id AS admission_id,
    l.lab_value_numeric AS value,
    l.lab_value AS value_text,
    l.reference_unit AS unit,
    l.lab_collect_dttm AS collected_at,
    l.lab_result_dttm AS resulted_at,
    CASE
        WHEN l.lab_specimen_category IS NOT NULL AND l.lab_specimen_category <> 'plasma_blood'
            THEN l.lab_category || '_' || l.lab_specimen_category
        WHEN l.lab_category <> 'd_dimer' THEN l.lab_category
        WHEN REGEXP_MATCHES(l.reference_unit, 'FEU|DDU', 'i') THEN '48065-7'
        ELSE COALESCE(l.lab_loinc_code, l.lab_category)
    END AS lab_code,
    CASE
        WHEN
            l.lab_category = 'd_dimer'
            AND (
                l.lab_loinc_code IS NOT NULL OR REGEXP_MATCHES(l.reference_unit, 'FEU|DDU', 'i')
            )
            THEN 'LOINC'
        ELSE 'CLIF'
    END AS vocabulary
FROM source.clif_labs AS l
INNER JOIN prepared.stay AS s ON l.hospitalization_id = s.hospitalization_id
