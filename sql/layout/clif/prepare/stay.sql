-- The hospital of each hospitalization: that of its first place.
-- Grain: hospitalization. Without a place: the extract's only hospital, else null.
WITH first_place AS (
    SELECT
        hospitalization_id,
        ARG_MIN(hospital_id, (in_dttm, hospital_id)) AS hospital_id
    FROM source.clif_adt
    WHERE PLAIN_WORD(hospital_id) IS NOT NULL
    GROUP BY hospitalization_id
),

network AS (
    SELECT CASE WHEN COUNT(DISTINCT hospital_id) = 1 THEN MIN(hospital_id) END AS only_hospital
    FROM source.clif_adt
    WHERE PLAIN_WORD(hospital_id) IS NOT NULL
)

SELECT DISTINCT
    h.hospitalization_id,
    h.patient_id,
    h.admission_dttm,
    h.discharge_dttm,
    COALESCE(p.hospital_id, n.only_hospital) AS hospital_id
FROM source.clif_hospitalization AS h
CROSS JOIN network AS n
LEFT JOIN first_place AS p ON h.hospitalization_id = p.hospitalization_id
