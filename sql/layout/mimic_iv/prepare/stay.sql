-- The stays with the moment from which their events count: the arrival in the emergency department
-- where one is recorded before the admission. Grain: hospital admission.
-- Source: MIMIC-IV admissions.
SELECT
    subject_id,
    hadm_id,
    admittime,
    dischtime,
    LEAST(admittime, edregtime) AS arrived_at
FROM source.admissions
