-- Why patients came to the unit, as APACHE asks it, coded: ICD-10 (WHO 2019).
-- Grain: unit stay and code. A name in no list is a local code (injuries, overdoses, "other"); of
-- operations only those that name a disease are here.
-- Source: eICU admissionDx; a name is read without what stands in brackets.
WITH known (reason, codes) AS (
    VALUES
    ('sepsis, pulmonary', ['A41.9', 'J18.9']), ('sepsis, renal/uti', ['A41.9', 'N39.0']),
    ('sepsis, gi', ['A41.9']), ('sepsis, gynecologic', ['A41.9']), ('sepsis, other', ['A41.9']),
    ('sepsis, cutaneous/soft tissue', ['A41.9', 'L08.9']), ('sepsis, unknown', ['A41.9']),
    ('pneumonia, aspiration', ['J69.0']), ('pneumonia, bacterial', ['J15.9']),
    ('pneumonia, fungal', ['B49', 'J17.2']), ('pneumonia, other', ['J18.9']),
    ('pneumonia, parasitic', ['J17.3']), ('pneumonia, viral', ['J12.9']),
    ('gi perforation/rupture', ['K63.1']), ('gi perforation/rupture, surgery for', ['K63.1']),
    ('gi obstruction', ['K56.6']), ('gi obstruction, surgery for', ['K56.6']),
    ('renal infection/abscess', ['N15.1']), ('abscess, neurologic', ['G06.0']),
    ('cellulitis and localized soft tissue infections', ['L03.9']), ('cholangitis', ['K83.0']),
    ('encephalitis', ['G04.9']), ('endocarditis', ['I33.0']), ('meningitis', ['G03.9']),
    ('peritonitis', ['K65.9']), ('thoracotomy for thoracic/respiratory infection', ['J86.9']),
    ('cellulitis and localized soft tissue infections, surgery for', ['L03.9']),
    ('anaphylaxis', ['T78.2']), ('aneurysm, dissecting aortic', ['I71.0']),
    ('angina, stable', ['I20.8']), ('angina, unstable', ['I20.0']), ('cardiac arrest', ['I46.9']),
    ('cardiomyopathy', ['I42.9']), ('chf, congestive heart failure', ['I50.9']),
    ('hypertension, uncontrolled', ['I10']), ('hypovolemia', ['E86']),
    ('infarction, acute myocardial', ['I21.9']),
    ('mi admitted > 24 hrs after onset of ischemia', ['I21.9']), ('pericarditis', ['I31.9']),
    ('shock, cardiogenic', ['R57.0']), ('tamponade, pericardial', ['I31.9']),
    ('thrombosis, vascular', ['I80.2']), ('thrombus, arterial', ['I74.9']),
    ('rhythm disturbance (atrial, supraventricular)', ['I49.9']),
    ('bleeding, gi from esophageal varices/portal hypertension', ['I85.0']),
    ('bleeding, gi-location unknown', ['K92.2']), ('bleeding, lower gi', ['K92.2']),
    ('bleeding, upper gi', ['K92.2']), ('cancer, colon/rectal', ['C18.9']),
    ('bleeding-other gi, surgery for', ['K92.2']), ('bleeding-upper gi, surgery for', ['K92.2']),
    ('cancer-colon/rectal, surgery for', ['C18.9']),
    ('cancer-esophageal, surgery for', ['C15.9']), ('cancer-stomach, surgery for', ['C16.9']),
    ('cancer-small intestinal, surgery for', ['C17.9']), ('cancer, tracheal', ['C33']),
    ('cancer-other gi tract, surgery for', ['C26.9']), ('cancer, laryngeal', ['C32.9']),
    ('whipple-surgery for pancreatic cancer', ['C25.9']), ('cancer, oral', ['C06.9']),
    ('cancer, oral/sinus', ['C76.0']), ('cancer, oral/sinus, surgery for', ['C76.0']),
    ('cancer-laryngeal/tracheal, surgery for', ['C32.9']), ('renal neoplasm, cancer', ['C64']),
    ('thoracotomy for other malignancy in chest', ['C76.1']),
    ('hysterectomy for cancer with or without lymph node dissection', ['C55']),
    ('cancer, esophageal', ['C15.9']), ('cancer, lung', ['C34.9']), ('cancer, other gi', ['C26.9']),
    ('cancer, pancreatic', ['C25.9']), ('cancer, stomach', ['C16.9']),
    ('diverticular disease', ['K57.9']), ('diverticular disease, surgery for', ['K57.9']),
    ('encephalopathy, hepatic', ['K72.9']),
    ('hepatic failure, acute', ['K72.0']), ('hepato-renal syndrome', ['K76.7']),
    ('inflammatory bowel disease', ['K52.9']),
    ('inflammatory bowel disease, surgery for', ['K52.9']), ('pancreatitis', ['K85.9']),
    ('ulcer disease, peptic', ['K27.9']), ('pre-eclampsia/eclampsia', ['O14.9']),
    ('renal failure, acute', ['N17.9']), ('anemia', ['D64.9']), ('coagulopathy', ['D68.9']),
    ('leukemia, acute lymphocytic', ['C91.0']), ('leukemia, acute myelocytic', ['C92.0']),
    ('leukemia, chronic lymphocytic', ['C91.1']), ('leukemia, chronic myelocytic', ['C92.1']),
    ('leukemia, other', ['C95.9']), ('lymphoma, hodgkins', ['C81.9']),
    ('lymphoma, non-hodgkins', ['C85.9']), ('lymphoma, hodgkins, surgery for', ['C81.9']),
    ('lymphoma, non-hodgkins, surgery for', ['C85.9']),
    ('neutropenia', ['D70']), ('pancytopenia', ['D61.9']),
    ('sickle cell crisis', ['D57.0']), ('thrombocytopenia', ['D69.6']),
    ('diabetic hyperglycemic hyperosmolar nonketotic coma', ['E14.0']),
    ('diabetic ketoacidosis', ['E14.1']), ('hypoglycemia', ['E16.2']),
    ('cva, cerebrovascular accident/stroke', ['I64']), ('guillian-barre syndrome', ['G61.0']),
    ('hematoma, subdural', ['I62.0']), ('hemorrhage/hematoma, intracranial', ['I62.9']),
    ('hematoma subdural, surgery for', ['I62.0']),
    ('hemorrhage/hematoma-intracranial, surgery for', ['I62.9']),
    ('subarachnoid hemorrhage/intracranial aneurysm, surgery for', ['I60.9']),
    ('myasthenia gravis', ['G70.0']), ('neoplasm, neurologic', ['D43.9']),
    ('seizures', ['R56.8']), ('subarachnoid hemorrhage/intracranial aneurysm', ['I60.9']),
    ('ards-adult respiratory distress syndrome, non-cardiogenic pulmonary edema', ['J80']),
    ('arrest, respiratory', ['R09.2']), ('asthma', ['J45.9']), ('atelectasis', ['J98.1']),
    ('effusions, pleural', ['J90']), ('embolus, pulmonary', ['I26.9']),
    ('emphysema/bronchitis', ['J44.9']), ('pneumothorax', ['J93.9']),
    ('thoracotomy for lung cancer', ['C34.9']), ('heart transplant', ['Z94.1']),
    ('kidney transplant', ['Z94.0']), ('liver transplant', ['Z94.4'])
),

codes AS (
    SELECT
        reason,
        UNNEST(codes) AS code
    FROM known
),

asked AS (
    SELECT
        patientunitstayid,
        admitdxenteredoffset,
        admitdxpath,
        TRIM(REGEXP_REPLACE(
            COALESCE(
                NULLIF(TRIM(admitdxname), ''), REGEXP_EXTRACT(admitdxpath, '([^|]*)$', 1)
            ), '\s+', ' ', 'g'
        )) AS name
    FROM source.admissiondx
)

SELECT
    a.patientunitstayid,
    a.admitdxenteredoffset,
    IF(c.code IS NULL, 'local', 'ICD10') AS vocabulary,
    COALESCE(c.code, a.name) AS code
FROM asked AS a
LEFT JOIN codes AS c
    ON
        LOWER(a.name) = c.reason
        OR TRIM(REGEXP_REPLACE(LOWER(a.name), '[(].*', '')) = c.reason
WHERE
    c.code IS NOT NULL
    OR COALESCE(REGEXP_MATCHES(a.admitdxpath, '[|]All Diagnosis[|]Non-operative[|]', 'i'), TRUE)
