-- One row per hospital stay; its unit stays are in icu_stay. Minutes from the hospital admission.
-- Source: eICU patient. age_years: "> 89" is 90. weight_kg, height_cm: of the first unit stay that
-- has one above zero. discharge_status: Expired is died; where unit stays disagree, or the unit
-- says that somebody died who left the hospital alive, nobody knows. stay_order: by the year of
-- discharge, then by age; of equal ones nobody knows which came first (the ids of stays are in no
-- order of time).
WITH unit_stay AS (
    SELECT
        *,
        CASE WHEN TRIM(age) LIKE '>%' THEN 90 ELSE TRY_CAST(TRIM(age) AS DOUBLE) END AS age_years,
        PLAIN_WORD(hospitaldischargestatus) AS left_as,
        PLAIN_WORD(hospitaldischargelocation) AS left_for
    FROM source.patient
),

stay AS (
    SELECT
        hospitalid::VARCHAR AS hospital_id,
        patienthealthsystemstayid AS admission_id,
        uniquepid AS patient_id,
        MIN(hospitaldischargeyear) AS year,
        MIN(age_years) AS age_years,
        MIN(hospitaldischargeoffset - hospitaladmitoffset) AS discharged_at,
        CASE WHEN MIN(left_as) = MAX(left_as) THEN ANY_VALUE(left_as) END AS left_as,
        MIN(left_for) AS left_for,
        BOOL_OR(PLAIN_WORD(unitdischargestatus) = 'expired') AS died_in_unit,
        ARG_MIN(admissionweight, (unitvisitnumber, patientunitstayid))
        FILTER (WHERE admissionweight > 0) AS weight_kg,
        ARG_MIN(admissionheight, (unitvisitnumber, patientunitstayid))
        FILTER (WHERE admissionheight > 0) AS height_cm
    FROM unit_stay
    GROUP BY hospitalid, patienthealthsystemstayid, uniquepid
)

SELECT
    hospital_id,
    admission_id,
    patient_id,
    0 AS admitted_at,
    discharged_at,
    NULL AS symptom_onset_at,
    age_years,
    weight_kg,
    height_cm,
    NULL AS current_smoker,
    CASE
        WHEN left_as = 'expired' THEN 'died'
        WHEN left_as IS NULL OR died_in_unit THEN 'unknown'
        WHEN left_as = 'alive' AND left_for = 'other_hospital' THEN 'transferred'
        ELSE left_as
    END AS discharge_status,
    DENSE_RANK() OVER (PARTITION BY patient_id ORDER BY year, age_years) - 1 AS stay_order
FROM stay
