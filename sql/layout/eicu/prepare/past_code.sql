-- Codes of what a history lists: ICD-10 (WHO 2019), or ICD-10-CM where only that has one.
-- Grain: heading and code. heading: what stands after "Organ Systems/" in the path, in lower case,
-- without "(R)"; it is meant with all below it, but for headings that stand below it themselves.
-- Source: eICU pastHistory. Assumed: insulin tells no type of diabetes (E14); a bypass or a stent
-- is one of coronary disease; a stroke of before is I69.4; cancer is coded whether treated or not.
WITH known (heading, vocabulary, codes) AS (
    VALUES
    ('cardiovascular/hypertension requiring treatment', 'ICD10', ['I10']),
    ('cardiovascular/congestive heart failure', 'ICD10', ['I50.9']),
    ('cardiovascular/myocardial infarction', 'ICD10', ['I25.2']),
    ('cardiovascular/angina', 'ICD10', ['I20.9']),
    ('cardiovascular/coronary artery bypass', 'ICD10', ['Z95.1', 'I25.1']),
    ('cardiovascular/procedural coronary intervention', 'ICD10', ['Z95.5', 'I25.1']),
    ('cardiovascular/pacemaker', 'ICD10', ['Z95.0']),
    ('cardiovascular/aicd', 'ICD10', ['Z95.0']),
    ('cardiovascular/peripheral vascular disease', 'ICD10', ['I73.9']),
    ('cardiovascular/venous thrombosis', 'ICD10', ['Z86.7']),
    ('cardiovascular/pulmonary embolism', 'ICD10', ['Z86.7']),
    ('cardiovascular/arrhythmias/atrial fibrillation - chronic', 'ICD10', ['I48.2']),
    ('cardiovascular/arrhythmias/atrial fibrillation - intermittent', 'ICD10', ['I48.0']),
    ('cardiovascular/arrhythmias/sick sinus syndrome', 'ICD10', ['I49.5']),
    ('cardiovascular/arrhythmias/svt- other', 'ICD10', ['I47.1']),
    ('cardiovascular/arrhythmias/mat', 'ICD10', ['I47.1']),
    ('cardiovascular/arrhythmias/ventricular tachycardia', 'ICD10', ['I47.2']),
    ('cardiovascular/arrhythmias/ventricular fibrillation', 'ICD10', ['I49.0']),
    ('cardiovascular/arrhythmias/ventricular ectopy', 'ICD10', ['I49.3']),
    ('cardiovascular/valve disease', 'ICD10', ['I38']),
    ('cardiovascular/valve disease/as', 'ICD10', ['I35.0']),
    ('cardiovascular/valve disease/ar', 'ICD10', ['I35.1']),
    ('cardiovascular/valve disease/mr', 'ICD10', ['I34.0']),
    ('cardiovascular/valve disease/ms', 'ICD10', ['I05.0']),
    ('cardiovascular/valve disease/tr', 'ICD10', ['I07.1']),
    ('cardiovascular/valve disease/ps', 'ICD10', ['I37.0']),
    ('cardiovascular/valve disease/s/p avr', 'ICD10', ['Z95.2']),
    ('cardiovascular/valve disease/s/p mvr', 'ICD10', ['Z95.2']),
    ('cardiovascular/valve disease/s/p tvr', 'ICD10', ['Z95.2']),
    ('cardiovascular/s/p heart transplant', 'ICD10', ['Z94.1']),
    ('neurologic/strokes', 'ICD10', ['I69.4']), ('neurologic/tia(s)', 'ICD10', ['Z86.7']),
    ('neurologic/dementia', 'ICD10', ['F03']), ('neurologic/seizures', 'ICD10', ['G40.9']),
    ('neurologic/neuromuscular disease', 'ICD10', ['G70.9']),
    ('neurologic/intracranial mass', 'ICD10', ['R90.0']),
    ('endocrine/insulin dependent diabetes', 'ICD10', ['E14.9']),
    ('endocrine/non-insulin dependent diabetes', 'ICD10', ['E11.9']),
    ('endocrine/hypothyroidism', 'ICD10', ['E03.9']),
    ('endocrine/hyperthyroidism', 'ICD10', ['E05.9']),
    ('endocrine/recent steroid use (for > 10 days)', 'ICD10CM', ['Z79.52']),
    ('pulmonary/copd', 'ICD10', ['J44.9']), ('pulmonary/asthma', 'ICD10', ['J45.9']),
    ('pulmonary/restrictive disease', 'ICD10', ['J98.4']),
    ('pulmonary/home oxygen', 'ICD10', ['Z99.8']), ('pulmonary/sarcoidosis', 'ICD10', ['D86.9']),
    ('pulmonary/s/p lung transplant', 'ICD10', ['Z94.2']),
    ('gastrointestinal/cirrhosis', 'ICD10', ['K74.6']),
    ('gastrointestinal/peptic ulcer disease', 'ICD10', ['K27.9']),
    ('gastrointestinal/s/p liver transplant', 'ICD10', ['Z94.4']),
    ('renal/renal insufficiency', 'ICD10', ['N18.9']), ('renal/renal failure', 'ICD10', ['N18.9']),
    ('renal/renal failure/renal failure - hemodialysis', 'ICD10', ['N18.5', 'Z99.2']),
    ('renal/renal failure/renal failure - peritoneal dialysis', 'ICD10', ['N18.5', 'Z99.2']),
    ('renal/s/p renal transplant', 'ICD10', ['Z94.0']),
    ('renal/chronic stone disease', 'ICD10', ['N20.0']),
    ('renal/neurogenic bladder', 'ICD10', ['N31.9']),
    ('rheumatic/rheumatoid arthritis', 'ICD10', ['M06.9']), ('rheumatic/sle', 'ICD10', ['M32.9']),
    ('rheumatic/scleroderma', 'ICD10', ['M34.9']),
    ('infectious disease/hiv (only)', 'ICD10', ['Z21']),
    ('infectious disease/aids', 'ICD10', ['B24']),
    ('infectious disease/immunosuppression within past 6 months', 'ICD10CM', ['Z79.60']),
    (
        'infectious disease/immunosuppression within past 6 months'
        || '/>= 20 mg prednisone per day or equivalent', 'ICD10CM', ['Z79.52']
    ),
    ('hematology/oncology/aplastic anemia', 'ICD10', ['D61.9']),
    ('hematology/oncology/clotting disorder', 'ICD10', ['D68.9']),
    ('hematology/oncology/hypercoagulable condition', 'ICD10', ['D68.6']),
    ('hematology/oncology/hemolytic anemia', 'ICD10', ['D58.9']),
    ('hematology/oncology/sickle cell disease', 'ICD10', ['D57.1']),
    ('hematology/oncology/cancer therapy/chemotherapy', 'ICD10', ['Z92.6']),
    (
        'hematology/oncology/cancer therapy/chemotherapy/bmt within past 12 mos.',
        'ICD10', ['Z94.8']
    ),
    (
        'hematology/oncology/cancer therapy/radiation therapy within past 6 months',
        'ICD10', ['Z92.3']
    ),
    ('hematology/oncology/cancer', 'ICD10', ['C80.9'])
)

SELECT
    heading,
    vocabulary,
    UNNEST(codes) AS code
FROM known
