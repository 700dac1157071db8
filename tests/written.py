"""The same patients written as a native, an OMOP, a CLIF and a MIMIC-IV extract.

`common` cuts a demo extract down to what all of them can carry: no scores, signs, symptom onset,
smoking, FiO2 or end of an administration; diagnoses that were present on admission, without a time
of their own; ids are whole numbers. Everything else is the demo's.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import duckdb

from ehrivig import study

ZONE = "Asia/Shanghai"
CARRIED = {
    "outcomes": (
        "death_28d death_in_hospital hospital_los_days icu_los_days high_flow_oxygen "
        "non_invasive_ventilation invasive_ventilation prone_position crrt ecmo glucocorticoid"
    ),
    "covariates": (
        "age male copd diabetes hypertension chronic_cardiac_disease malignancy sbp wbc "
        "hemoglobin platelets creatinine crp"
    ),
}
HOSPITALS = "CASE hospital_id WHEN 'A' THEN '1' ELSE '2' END"
COMMON = {
    "hospital": f"SELECT {HOSPITALS} AS hospital_id, '{ZONE}' AS timezone FROM demo.hospital",
    "patient": f"""
        SELECT DISTINCT {HOSPITALS} AS hospital_id, person_id AS patient_id, person_id, sex,
            birth_date, death_at
        FROM demo.patient""",
    "admission": f"""
        SELECT {HOSPITALS} AS hospital_id, a.admission_id, p.person_id AS patient_id,
            a.admitted_at, a.discharged_at,
            CASE WHEN a.discharge_status = 'died' THEN 'died' ELSE 'alive' END AS discharge_status,
            a.weight_kg
        FROM demo.admission AS a JOIN demo.patient AS p USING (hospital_id, patient_id)""",
    "icu_stay": f"SELECT * REPLACE ({HOSPITALS} AS hospital_id) FROM demo.icu_stay",
    "diagnosis": f"""
        SELECT {HOSPITALS} AS hospital_id, admission_id, code, vocabulary,
            TRUE AS present_on_admission, diagnosed_at
        FROM demo.diagnosis WHERE present_on_admission""",
    "lab": f"""
        SELECT {HOSPITALS} AS hospital_id, admission_id, analyte AS lab_code,
            'local' AS vocabulary, value, unit, collected_at
        FROM demo.lab JOIN analyte ON lab_code IN (analyte, loinc) WHERE value IS NOT NULL""",
    "vital": f"""
        SELECT * REPLACE ({HOSPITALS} AS hospital_id) FROM demo.vital
        WHERE vital_code IN ('heart_rate', 'sbp', 'dbp', 'spo2', 'respiratory_rate')""",
    "medication": f"""
        SELECT {HOSPITALS} AS hospital_id, admission_id, medication_id, name AS drug_code,
            'local' AS vocabulary, name AS drug_name,
            CASE
                WHEN NOT ivig THEN dose
                WHEN hospital_id = 'A' THEN grams
                ELSE round(grams * 1000 / concentration, 3)
            END AS dose,
            CASE WHEN NOT ivig THEN 'mg' WHEN hospital_id = 'A' THEN 'g' ELSE 'mL' END AS dose_unit,
            CASE WHEN ivig THEN concentration::DOUBLE END AS concentration_g_per_l,
            route, 'given' AS status, started_at
        FROM given""",
    "respiratory_support": f"""
        SELECT {HOSPITALS} AS hospital_id, admission_id, device, started_at,
            least(stopped_at, started_at + INTERVAL 12 HOUR) AS stopped_at
        FROM demo.respiratory_support WHERE device IN ('imv', 'niv', 'hfnc')""",
    "procedure": f"SELECT * REPLACE ({HOSPITALS} AS hospital_id) FROM demo.procedure",
    "pathogen_test": f"""
        SELECT * REPLACE ({HOSPITALS} AS hospital_id) FROM demo.pathogen_test
        WHERE method = 'rna' AND specimen = 'respiratory'""",
}
ANALYTES = {  # analyte: (LOINC, OMOP concept, CLIF category, MIMIC itemid)
    "wbc": ("6690-2", 3000905, "wbc", 51301),
    "hemoglobin": ("718-7", 3000963, "hemoglobin", 51222),
    "platelets": ("777-3", 3024929, "platelet_count", 51265),
    "creatinine": ("14682-9", 3016723, "creatinine", 50912),
    "crp": ("1988-5", 3020460, "crp", 50889),
}
VITALS = {  # sign: (OMOP concept, MIMIC itemid)
    "heart_rate": (3027018, 220045),
    "sbp": (3004249, 220179),
    "dbp": (3012888, 220180),
    "spo2": (40762499, 220277),
    "respiratory_rate": (3024171, 220210),
}
DRUGS = {  # name: (OMOP concept, is it immunoglobulin, its concentration in g/L)
    "Privigen 10%": (9001, True, 100),
    "Octagam 5%": (9002, True, 50),
    "methylprednisolone": (1506270, False, None),
    "dexamethasone": (1518254, False, None),
}
_GIVEN = """
    SELECT m.*, d.name, d.ivig, d.concentration,
        CASE
            WHEN dose_unit = 'mL' THEN dose * coalesce(concentration_g_per_l, 50) / 1000
            WHEN dose_unit = '支' THEN dose * strength_g ELSE dose
        END AS grams
    FROM demo.medication AS m
    JOIN drug AS d ON d.name = CASE
        WHEN drug_code = 'J06BA02' AND hospital_id = 'A' THEN 'Privigen 10%'
        WHEN drug_code = 'J06BA02' THEN 'Octagam 5%'
        ELSE lower(drug_name) END
    WHERE status = 'given' AND dose > 0"""


class Patients:
    """The patients, once: a database with schema `common`, that `as_*` write as Parquet."""

    def __init__(self, demo: Path) -> None:
        self.db = duckdb.connect()
        self.db.execute("SET threads = 2; CREATE SCHEMA demo; CREATE SCHEMA common")
        for folder in sorted(p for p in demo.iterdir() if p.is_dir() and p.name[0] != "_"):
            files = f"read_parquet('{folder}/*/*.parquet', hive_partitioning = true)"
            found = self.db.execute(f"SELECT * FROM {files} LIMIT 0").description or []
            ids = [c[0] for c in found if c[0] in ("admission_id", "medication_id")]
            # the demo numbers them in each hospital anew; OMOP and CLIF have one number for all
            one = ", ".join(f"{i} + if(hospital_id = 'A', 0, 1000000) AS {i}" for i in ids)
            replaced = f"REPLACE ({one})" if ids else ""
            self.db.execute(f"CREATE VIEW demo.{folder.name} AS SELECT * {replaced} FROM {files}")
        self._rows("analyte (analyte, loinc, omop, clif, itemid)", ANALYTES)
        self._rows("vital_code (vital_code, omop, itemid)", VITALS)
        self._rows("drug (name, omop, ivig, concentration)", DRUGS)
        self.db.execute(f"CREATE VIEW given AS {_GIVEN}")
        for name, select in COMMON.items():
            self.db.execute(f"CREATE TABLE common.{name} AS {select}")

    def _rows(self, head: str, rows: dict[str, tuple[object, ...]]) -> None:
        name, columns = head.split(" ", 1)
        values = ", ".join(repr((key, *row)).replace("None", "NULL") for key, row in rows.items())
        self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM (VALUES {values}) AS t{columns}")

    def write(self, folder: Path, selects: dict[str, str]) -> Path:
        """One Parquet file per SELECT."""
        folder.mkdir(parents=True)
        for name, select in selects.items():
            self.db.execute(f"COPY ({select}) TO '{folder}/{name}.parquet' (FORMAT parquet)")
        return folder

    def as_native(self, folder: Path) -> Path:
        """The canonical tables as they are."""
        return self.write(folder, {name: f"SELECT * FROM common.{name}" for name in COMMON})

    def as_omop(self, folder: Path) -> Path:
        """OMOP CDM 5.4: codes as concepts, the quantity in g at site 1 and in mL at site 2."""
        return self.write(folder, OMOP)

    def as_clif(self, folder: Path) -> Path:
        """CLIF 3.0: moments in UTC, supports as recorded points."""
        return self.write(folder, {f"clif_{name}": select for name, select in CLIF.items()})

    def as_mimic(self, folder: Path) -> Path:
        """MIMIC-IV column names: one hospital, items by number, no month of birth."""
        return self.write(folder, MIMIC)


_MEASURED = "unit AS unit_source_value, NULL::BIGINT AS value_as_concept_id, admission_id"
OMOP = {
    "person": """
        SELECT DISTINCT person_id,
            CASE sex WHEN 'male' THEN 8507 ELSE 8532 END AS gender_concept_id,
            year(birth_date) AS year_of_birth, month(birth_date) AS month_of_birth,
            day(birth_date) AS day_of_birth
        FROM common.patient""",
    "death": """
        SELECT DISTINCT person_id, death_at::DATE AS death_date, death_at AS death_datetime
        FROM common.patient WHERE death_at IS NOT NULL""",
    "care_site": "SELECT hospital_id::BIGINT AS care_site_id, 'x' AS care_site_name "
    "FROM common.hospital",
    "visit_occurrence": """
        SELECT admission_id AS visit_occurrence_id, patient_id AS person_id,
            9201 AS visit_concept_id, admitted_at::DATE AS visit_start_date,
            admitted_at AS visit_start_datetime, discharged_at::DATE AS visit_end_date,
            discharged_at AS visit_end_datetime, hospital_id::BIGINT AS care_site_id,
            0 AS discharged_to_concept_id
        FROM common.admission""",
    "visit_detail": """
        SELECT admission_id AS visit_occurrence_id, 32037 AS visit_detail_concept_id,
            started_at::DATE AS visit_detail_start_date, started_at AS visit_detail_start_datetime,
            stopped_at::DATE AS visit_detail_end_date, stopped_at AS visit_detail_end_datetime
        FROM common.icu_stay""",
    "condition_occurrence": """
        SELECT patient_id AS person_id, 0 AS condition_concept_id,
            diagnosed_at::DATE AS condition_start_date, diagnosed_at AS condition_start_datetime,
            32890 AS condition_status_concept_id, code AS condition_source_value,
            7000 + dense_rank() OVER (ORDER BY code) AS condition_source_concept_id,
            admission_id AS visit_occurrence_id
        FROM common.diagnosis JOIN common.admission USING (hospital_id, admission_id)""",
    "measurement": f"""
        SELECT patient_id AS person_id, m.*, measurement_datetime::DATE AS measurement_date,
            admission_id AS visit_occurrence_id
        FROM (
            SELECT omop AS measurement_concept_id, value AS value_as_number, {_MEASURED},
                collected_at AS measurement_datetime
            FROM common.lab JOIN analyte ON analyte = lab_code
            UNION ALL
            SELECT omop, value, {_MEASURED}, measured_at
            FROM common.vital JOIN vital_code USING (vital_code)
            UNION ALL
            SELECT 3025315, weight_kg, 'kg', NULL, admission_id, admitted_at
            FROM common.admission WHERE weight_kg IS NOT NULL
            UNION ALL
            SELECT 706163, NULL, NULL, CASE result WHEN 'positive' THEN 9191 ELSE 9189 END,
                admission_id, collected_at
            FROM common.pathogen_test
        ) AS m JOIN common.admission USING (admission_id)""",
    "drug_exposure": """
        SELECT medication_id AS drug_exposure_id, patient_id AS person_id, omop AS drug_concept_id,
            started_at::DATE AS drug_exposure_start_date,
            started_at AS drug_exposure_start_datetime, 32818 AS drug_type_concept_id,
            dose AS quantity,
            CASE route WHEN 'iv' THEN 4171047 ELSE 4132161 END AS route_concept_id,
            admission_id AS visit_occurrence_id
        FROM common.medication AS m JOIN drug ON drug.name = m.drug_name
        JOIN common.admission USING (hospital_id, admission_id)""",
    "drug_strength": """
        SELECT omop AS drug_concept_id, concentration::DOUBLE AS numerator_value,
            8576 AS numerator_unit_concept_id, 1.0 AS denominator_value,
            8587 AS denominator_unit_concept_id
        FROM drug WHERE ivig""",
    "procedure_occurrence": """
        SELECT patient_id AS person_id,
            CASE what WHEN 'imv' THEN 4230167 WHEN 'niv' THEN 4177224 WHEN 'hfnc' THEN 3655950
                WHEN 'crrt' THEN 37018292 WHEN 'ecmo' THEN 4052536 ELSE 4196006 END
                AS procedure_concept_id,
            started_at::DATE AS procedure_date, started_at AS procedure_datetime,
            stopped_at AS procedure_end_datetime, admission_id AS visit_occurrence_id
        FROM (
            SELECT hospital_id, admission_id, device AS what, started_at, stopped_at
            FROM common.respiratory_support
            UNION ALL
            SELECT hospital_id, admission_id, procedure_code, started_at, stopped_at
            FROM common.procedure
        ) JOIN common.admission USING (hospital_id, admission_id)""",
    "concept": """
        SELECT 7000 + dense_rank() OVER (ORDER BY code) AS concept_id, code AS concept_name,
            'Condition' AS domain_id, 'ICD10' AS vocabulary_id, code AS concept_code
        FROM (SELECT DISTINCT code FROM common.diagnosis)
        UNION ALL
        SELECT omop, name, 'Drug', 'RxNorm', omop::VARCHAR FROM drug
        UNION ALL
        SELECT * FROM (VALUES (4171047, 'Intravenous', 'Route', 'SNOMED', '47625008'),
            (4132161, 'Oral', 'Route', 'SNOMED', '26643006'),
            (19117912, 'immunoglobulin G', 'Drug', 'RxNorm', '42386'),
            (9191, 'Positive', 'Meas Value', 'SNOMED', '10828004'),
            (9189, 'Negative', 'Meas Value', 'SNOMED', '260385009'))""",
    "concept_ancestor": "SELECT 19117912 AS ancestor_concept_id, omop AS descendant_concept_id "
    "FROM drug WHERE ivig",
}


def _utc(column: str) -> str:
    return f"({column} - INTERVAL 8 HOUR) AT TIME ZONE 'UTC'"


CLIF = {
    "patient": f"""
        SELECT DISTINCT patient_id, sex AS sex_category, birth_date,
            {_utc("death_at")} AS death_dttm
        FROM common.patient""",
    "hospitalization": f"""
        SELECT patient_id, admission_id AS hospitalization_id,
            {_utc("admitted_at")} AS admission_dttm, {_utc("discharged_at")} AS discharge_dttm,
            CASE discharge_status WHEN 'died' THEN 'expired' ELSE 'home' END AS discharge_category
        FROM common.admission""",
    "adt": f"""
        SELECT admission_id AS hospitalization_id, hospital_id, {_utc("admitted_at")} AS in_dttm,
            {_utc("discharged_at")} AS out_dttm, 'ward' AS location_category
        FROM common.admission
        UNION ALL
        SELECT admission_id, hospital_id, {_utc("started_at")}, {_utc("stopped_at")}, 'icu'
        FROM common.icu_stay""",
    "hospital_diagnosis": """
        SELECT admission_id AS hospitalization_id, code AS diagnosis_code,
            'ICD10' AS diagnosis_code_format, 1 AS poa_present
        FROM common.diagnosis""",
    "labs": f"""
        SELECT admission_id AS hospitalization_id, {_utc("collected_at")} AS lab_collect_dttm,
            clif AS lab_category, value AS lab_value_numeric, unit AS reference_unit,
            'plasma_blood' AS lab_specimen_category
        FROM common.lab JOIN analyte ON analyte = lab_code""",
    "vitals": f"""
        SELECT admission_id AS hospitalization_id, {_utc("measured_at")} AS measured_dttm,
            {_utc("measured_at")} AS recorded_dttm, vital_code AS vital_category,
            value AS vital_value
        FROM common.vital
        UNION ALL
        SELECT admission_id, {_utc("admitted_at")}, {_utc("admitted_at")}, 'weight_kg', weight_kg
        FROM common.admission WHERE weight_kg IS NOT NULL""",
    "medication_admin_intermittent": f"""
        SELECT admission_id AS hospitalization_id, medication_id AS med_order_id,
            {_utc("started_at")} AS admin_dttm, drug_name AS med_name, 'other' AS med_category,
            CASE route WHEN 'iv' THEN 'iv' ELSE 'enteral' END AS med_route_category,
            dose AS med_dose, dose_unit AS med_dose_unit, 'given' AS mar_action_category
        FROM common.medication""",
    "respiratory_support": f"""
        SELECT admission_id AS hospitalization_id, {_utc("started_at")} AS recorded_dttm,
            CASE device WHEN 'niv' THEN 'nippv' ELSE device END AS device_category
        FROM common.respiratory_support""",
    "position": f"""
        SELECT admission_id AS hospitalization_id, {_utc("started_at")} AS recorded_dttm,
            'prone' AS position_category
        FROM common.procedure WHERE procedure_code = 'prone_position'""",
    "renal_replacement_therapy": f"""
        SELECT admission_id AS hospitalization_id, {_utc("started_at")} AS recorded_dttm,
            'cvvhdf' AS mode_category
        FROM common.procedure WHERE procedure_code = 'crrt'""",
    "mcs": f"""
        SELECT admission_id AS hospitalization_id, {_utc("started_at")} AS recorded_dttm,
            'ecmo' AS support_category
        FROM common.procedure WHERE procedure_code = 'ecmo'""",
    "microbiology_nonculture": f"""
        SELECT admission_id AS hospitalization_id, {_utc("collected_at")} AS collect_dttm,
            'respiratory_tract' AS fluid_category, 'pcr' AS method_category,
            'sars_cov2' AS organism_category,
            CASE result WHEN 'positive' THEN 'detected' ELSE 'not_detected' END AS result_category
        FROM common.pathogen_test""",
}
MIMIC = {
    "patients": """
        SELECT p.patient_id AS subject_id, CASE sex WHEN 'male' THEN 'M' ELSE 'F' END AS gender,
            date_sub('year', birth_date, admitted_at::DATE) AS anchor_age,
            year(admitted_at) AS anchor_year, death_at AS dod
        FROM (SELECT DISTINCT patient_id, sex, birth_date, death_at FROM common.patient) AS p
        JOIN (SELECT patient_id, min(admitted_at) AS admitted_at FROM common.admission GROUP BY ALL)
            USING (patient_id)""",
    "admissions": """
        SELECT patient_id AS subject_id, admission_id AS hadm_id, admitted_at AS admittime,
            discharged_at AS dischtime, (discharge_status = 'died')::INTEGER AS hospital_expire_flag
        FROM common.admission""",
    "icustays": "SELECT admission_id AS hadm_id, started_at AS intime, stopped_at AS outtime "
    "FROM common.icu_stay",
    "diagnoses_icd": "SELECT admission_id AS hadm_id, replace(code, '.', '') AS icd_code, "
    "10 AS icd_version FROM common.diagnosis",
    "d_labitems": "SELECT itemid, analyte AS label FROM analyte",
    "labevents": """
        SELECT admission_id AS hadm_id, itemid, collected_at AS charttime, value AS valuenum,
            unit AS valueuom
        FROM common.lab JOIN analyte ON analyte = lab_code""",
    "chartevents": """
        SELECT admission_id AS hadm_id, itemid, measured_at AS charttime, value AS valuenum,
            unit AS valueuom
        FROM common.vital JOIN vital_code USING (vital_code)
        UNION ALL
        SELECT admission_id, 226512, admitted_at, weight_kg, 'kg'
        FROM common.admission WHERE weight_kg IS NOT NULL
        UNION ALL
        SELECT admission_id, 223849, started_at, NULL, device FROM common.respiratory_support""",
    "inputevents": """
        SELECT admission_id AS hadm_id, medication_id AS orderid, started_at AS starttime,
            drug_name AS label, dose AS amount, dose_unit AS amountuom, 'FinishedRunning' AS
            statusdescription
        FROM common.medication WHERE route = 'iv'""",
    "prescriptions": """
        SELECT admission_id AS hadm_id, medication_id AS pharmacy_id, started_at AS starttime,
            drug_name AS drug, dose::VARCHAR AS dose_val_rx, dose_unit AS dose_unit_rx,
            'PO' AS route
        FROM common.medication WHERE route <> 'iv'""",
    "procedureevents": """
        SELECT admission_id AS hadm_id,
            CASE procedure_code WHEN 'crrt' THEN 225802 WHEN 'ecmo' THEN 224660 ELSE 224093 END
                AS itemid, started_at AS starttime, stopped_at AS endtime
        FROM common.procedure""",
    "microbiologyevents": """
        SELECT admission_id AS hadm_id, collected_at AS charttime,
            'SARS-CoV-2 PCR' AS test_name, 'SWAB' AS spec_type_desc, upper(result) AS comments
        FROM common.pathogen_test""",
}


def carried(name: str, **more: Any) -> dict[str, Any]:
    """The COVID-19 study with what every layout carries, for one of them."""
    content: dict[str, Any] = tomllib.loads(
        study.locate("ivig_covid19").read_text(encoding="utf-8")
    )
    for section, names in CARRIED.items():
        kept = [v for v in content[section]["variables"] if v["name"] in names.split()]
        content[section]["variables"] = kept
    content["extract"] |= {"layout": name, "timezone": ZONE, **more}
    content["quality"]["block"] = "drop_hospital"
    covariates = ["age", "male", "diabetes", "hypertension", "malignancy"]
    # one source is one hospital, another several: nothing may depend on that
    content["match"] = {"covariates": covariates, "hospital": "ignore"}
    content["analysis"] = {"adjust": ["age", "male"], "pool_hospitals": True, "bootstrap": 40}
    content["utilisation"] = {"by": ["hospital_id", "month", "product_type"], "price_per_g": 60}
    content["regimen"] = {"names": ["gbs", "igma_sepsis"]}
    return content
