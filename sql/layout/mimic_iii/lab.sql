-- One row per result. A blood gas whose specimen is not said to be arterial keeps its local code,
-- so that a venous pO2 is never read as arterial. resulted_at: none. A result without an admission
-- belongs to the stay in which it falls (prepared.placed).
-- Source: MIMIC-III labevents.
WITH coded AS (
    SELECT
        l.*,
        CASE WHEN NOT n.in_artery OR a.subject_id IS NOT NULL THEN n.loinc END AS loinc
    FROM prepared.PLACED('source.labevents', charttime) AS l
    LEFT JOIN prepared.lab_item AS n ON l.itemid = n.itemid
    LEFT JOIN prepared.arterial AS a
        ON l.subject_id = a.subject_id AND l.charttime = a.charttime
)

SELECT
    'BIDMC' AS hospital_id,
    admission_id,
    COALESCE(loinc, itemid) AS lab_code,
    valuenum AS value,
    value AS value_text,
    charttime AS collected_at,
    NULL AS resulted_at,
    CASE WHEN loinc IS NULL THEN 'local' ELSE 'LOINC' END AS vocabulary,
    NULLIF(LOWER(TRIM(valueuom)), 'units') AS unit
FROM coded
