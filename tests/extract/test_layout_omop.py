"""OMOP CDM 5.4: small drawn extracts with the canonical rows written by hand, and Synthea."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from extracts import Rows, at, opened, rows_of, study, write

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.study import Study, load

PLAN = {"layout": "omop", "timezone": "Asia/Shanghai"}
INPATIENT, EMERGENCY, OUTPATIENT = 9201, 9203, 9202
IV, ADMINISTERED, PRESCRIBED = 4171047, 32818, 32838


def visit(number: int, start: str, stop: str, kind: int = INPATIENT, **more: Any) -> dict[str, Any]:
    return {
        "visit_occurrence_id": number,
        "person_id": 1,
        "visit_concept_id": kind,
        "visit_start_date": at(start).date(),
        "visit_start_datetime": at(start),
        "visit_end_date": at(stop).date(),
        "visit_end_datetime": at(stop),
        "care_site_id": 7,
        "discharged_to_concept_id": 0,
        **more,
    }


def concept(
    number: int, name: str, vocabulary: str, code: str, domain: str = "Drug"
) -> dict[str, Any]:
    return {
        "concept_id": number,
        "concept_name": name,
        "domain_id": domain,
        "vocabulary_id": vocabulary,
        "concept_code": code,
    }


CONCEPTS = [
    concept(8840, "milligram per deciliter", "UCUM", "mg/dL", "Unit"),
    concept(9529, "kilogram", "UCUM", "kg", "Unit"),
    concept(8739, "pound", "UCUM", "[lb_av]", "Unit"),
    concept(586323, "degree Celsius", "UCUM", "Cel", "Unit"),
    concept(8554, "percent", "UCUM", "%", "Unit"),
    concept(IV, "Intravenous", "SNOMED", "47625008", "Route"),
    concept(4142048, "Subcutaneous", "SNOMED", "34206005", "Route"),
    concept(19117912, "immunoglobulin g", "RxNorm", "42386"),
    concept(501, "50 ML immunoglobulin G 50 MG/ML Injection", "RxNorm", "1"),
    concept(502, "saline", "RxNorm", "2"),
    concept(37311061, "COVID-19", "SNOMED", "840539006", "Condition"),
    concept(600, "COVID-19 pneumonia", "SNOMED", "882784691000119100x", "Condition"),
    concept(45542411, "COVID-19", "ICD10CM", "U07.1", "Condition"),
    concept(9191, "Positive", "SNOMED", "10828004", "Meas Value"),
    concept(9189, "Negative", "SNOMED", "260385009", "Meas Value"),
    concept(4216643, "Patient died", "SNOMED", "419099009", "Observation"),
]
ANCESTORS = [(19117912, 19117912), (19117912, 501), (37311061, 600), (3016723, 3999)]


def omop(folder: Path, **more: Rows) -> Path:
    """One adult with one stay of eight days in hospital 7, and one without any."""
    drawn: dict[str, Rows] = {
        "person": [
            {
                "person_id": number,
                "gender_concept_id": 8507,
                "year_of_birth": 1950,
                "month_of_birth": 6,
                "day_of_birth": 15,
            }
            for number in (1, 2)
        ],
        "visit_occurrence": [visit(100, "03-01 08:00", "03-09 12:00")],
        "care_site": [{"care_site_id": 7, "care_site_name": "Seventh"}],
        "concept": CONCEPTS,
        "concept_ancestor": [
            {"ancestor_concept_id": a, "descendant_concept_id": d} for a, d in ANCESTORS
        ],
        **more,
    }
    for table, rows_of_table in drawn.items():
        write(folder / f"{table}.parquet", rows_of_table)
    return folder


def rows(folder: Path, sql: str, plan: Study | None = None) -> list[tuple[Any, ...]]:
    return rows_of(folder, sql, plan or study(**PLAN))


def test_person_and_admission(tmp_path: Path) -> None:
    folder = omop(tmp_path / "x")
    assert rows(folder, "SELECT * FROM mapped.hospital") == [
        ("7", "Seventh", "Asia/Shanghai", None)
    ]
    assert rows(folder, "SELECT patient_id, sex, birth_date FROM mapped.patient") == [
        (1, "male", date(1950, 6, 15))
    ]
    sql = "SELECT admission_id, admitted_at, discharged_at, discharge_status FROM mapped.admission"
    assert rows(folder, sql) == [
        (100, at("03-01 08:00"), at("03-09 12:00"), "unknown")
    ]  # without a table of deaths


def test_visits_are_collapsed_into_admissions(tmp_path: Path) -> None:
    visits = [
        visit(1, "03-01 02:00", "03-01 07:00", EMERGENCY),  # before the stay: part of it
        visit(2, "03-01 08:00", "03-04 12:00"),
        visit(3, "03-04 20:00", "03-09 12:00"),  # the next ward, 8 h later
        visit(4, "03-02 00:00", "03-02 01:00", OUTPATIENT),
        visit(5, "03-20 08:00", "03-21 08:00"),  # a readmission
        visit(6, "03-25 08:00", "03-25 09:00", EMERGENCY),  # not admitted
        visit(7, "03-28 08:00", "03-29 08:00", care_site_id=8),  # another hospital
        visit(8, "03-30 00:00", "03-31 00:00", visit_end_datetime=None),
    ]
    folder = omop(tmp_path / "x", visit_occurrence=visits)
    sql = "SELECT admission_id, admitted_at, discharged_at FROM mapped.admission ORDER BY ALL"
    assert rows(folder, sql) == [
        (2, at("03-01 02:00"), at("03-09 12:00")),
        (5, at("03-20 08:00"), at("03-21 08:00")),
        (8, at("03-30 00:00"), at("03-31 23:59").replace(second=59)),
    ]
    assert extract.inspect(folder, study(**PLAN)).hospitals == ("7", "8")


@pytest.mark.parametrize(
    ("death", "place", "status"),
    [("03-09", 0, "died"), ("03-20", 0, "alive"), (None, 4216643, "died"), (None, None, "unknown")],
)
def test_death_and_discharge(
    tmp_path: Path, death: str | None, place: int | None, status: str
) -> None:
    visits = [visit(100, "03-01 08:00", "03-09 12:00", discharged_to_concept_id=place)]
    more: dict[str, Rows] = {"visit_occurrence": visits}
    if death:
        more["death"] = [{"person_id": 1, "death_date": at(f"{death} 00:00").date()}]
    folder = omop(tmp_path / "x", **more)
    if place is None:
        kind = {"discharged_to_concept_id": pl.Int64}
        write(folder / "visit_occurrence.parquet", visits, kind)
    assert rows(folder, "SELECT discharge_status FROM mapped.admission") == [(status,)]
    known = rows(folder, "SELECT death_at FROM mapped.patient")
    assert known == [(at(f"{death} 00:00") if death else None,)]


def measured(code: int, value: float | None, unit: int, **more: Any) -> dict[str, Any]:
    return {
        "person_id": 1,
        "measurement_concept_id": code,
        "measurement_date": at("03-02 09:00").date(),
        "measurement_datetime": at("03-02 09:00"),
        "operator_concept_id": 0,
        "value_as_number": value,
        "value_as_concept_id": 0,
        "unit_concept_id": unit,
        "unit_source_value": "written",
        "value_source_value": None,
        "visit_occurrence_id": 100,
        **more,
    }


def test_measurements_are_labs_vitals_body_and_pathogen_tests(tmp_path: Path) -> None:
    measurements = [
        measured(3016723, 1.0, 8840),
        measured(3999, 2.0, 8840),  # below creatinine
        measured(3016723, 0.5, 8840, operator_concept_id=4171756),
        measured(3016723, 88.4, 0, unit_source_value="umol/L", visit_occurrence_id=None),
        measured(3016723, 9.0, 8840, visit_occurrence_id=999, person_id=2),  # of no admission
        measured(4242, 1.0, 8840),
        measured(3020891, 38.5, 586323),
        measured(3026238, 40.0, 8554),
        measured(3025315, 220.462262, 8739),
        measured(3025315, 70.0, 0, unit_source_value="stone"),
        measured(706163, None, 0, value_as_concept_id=9191),
        measured(706170, None, 0, value_as_concept_id=9189),
        measured(706170, None, 0, value_source_value="Not done"),
    ]
    folder = omop(tmp_path / "x", measurement=measurements)
    labs = rows(
        folder,
        "SELECT lab_code, unit, analyte, round(value_std, 9), censored FROM resolved.lab "
        "ORDER BY ALL",
    )
    assert labs == [
        ("3016723", "mg/dL", "creatinine", 22.1, "<"),
        ("3016723", "mg/dL", "creatinine", 88.4, None),
        ("3016723", "umol/L", "creatinine", 88.4, None),
        ("3999", "mg/dL", "creatinine", 176.8, None),
        ("4242", "mg/dL", None, None, None),
    ]
    vitals = rows(folder, "SELECT vital_code, round(value_std, 9) FROM resolved.vital ORDER BY 1")
    assert vitals == [("fio2", 0.4), ("temperature", 38.5)]
    weight = rows(folder, "SELECT round(weight_kg, 3) FROM mapped.admission")
    assert weight == [(100.0,)]
    tests = rows(
        folder,
        "SELECT organism_code, method, specimen, result FROM mapped.pathogen_test ORDER BY ALL",
    )
    assert sorted(tests, key=str) == sorted(
        [
            ("sars_cov_2", "rna", "respiratory", "positive"),
            ("sars_cov_2", "rna", None, "negative"),
            ("sars_cov_2", "rna", None, "not_done"),
        ],
        key=str,
    )


def test_an_event_without_a_visit_belongs_to_the_stay_it_falls_in(tmp_path: Path) -> None:
    def unplaced(value: float, moment: str, **more: Any) -> dict[str, Any]:
        day = {"measurement_date": at(moment).date(), "measurement_datetime": at(moment)}
        return measured(3016723, value, 8840, visit_occurrence_id=None, **day, **more)

    measurements = [
        unplaced(1.0, "05-01 09:00") | {"visit_occurrence_id": 100},  # by its visit
        unplaced(2.0, "03-01 08:00"),
        unplaced(3.0, "03-09 12:00"),
        unplaced(4.0, "03-01 07:59"),
        unplaced(5.0, "03-09 12:01"),
        unplaced(6.0, "03-05 00:00", person_id=2),
    ]
    folder = omop(tmp_path / "x", measurement=measurements)
    sql = "SELECT hospital_id, admission_id, value, collected_at FROM mapped.lab ORDER BY value"
    assert rows(folder, sql) == [
        ("7", 100, 1.0, at("05-01 09:00")),
        ("7", 100, 2.0, at("03-01 08:00")),
        ("7", 100, 3.0, at("03-09 12:00")),
    ]


def exposure(number: int, drug: int, quantity: float | None, **more: Any) -> dict[str, Any]:
    return {
        "drug_exposure_id": number,
        "person_id": 1,
        "drug_concept_id": drug,
        "drug_exposure_start_date": at("03-02 09:00").date(),
        "drug_exposure_start_datetime": at("03-02 09:00"),
        "drug_type_concept_id": ADMINISTERED,
        "quantity": quantity,
        "route_concept_id": IV,
        "visit_occurrence_id": 100,
        **more,
    }


STRENGTH = [
    {
        "drug_concept_id": 501,
        "amount_value": None,
        "amount_unit_concept_id": None,
        "numerator_value": 2500.0,
        "numerator_unit_concept_id": 8576,
        "denominator_value": 50.0,
        "denominator_unit_concept_id": 8587,
        "invalid_reason": None,
    }
]


def with_drugs(folder: Path, *drugs: dict[str, Any]) -> Path:
    omop(folder, drug_exposure=list(drugs))
    kinds = {
        "amount_value": pl.Float64,
        "amount_unit_concept_id": pl.Int64,
        "invalid_reason": pl.String,
    }
    write(folder / "drug_strength.parquet", STRENGTH, kinds)
    return folder


def test_ivig_by_ingredient_route_and_declared_quantity(tmp_path: Path) -> None:
    folder = with_drugs(
        tmp_path / "x",
        exposure(1, 501, 200.0),
        exposure(2, 501, 200.0, drug_type_concept_id=PRESCRIBED),
        exposure(3, 501, 200.0, route_concept_id=4142048),
        exposure(4, 502, 500.0),
        exposure(5, 501, 0.0),
        exposure(6, 501, 200.0, drug_type_concept_id=0),
        exposure(7, 501, 200.0, drug_type_concept_id=987654321),  # of no vocabulary
    )
    plan = study(**PLAN, drug_quantity={"7": "ml"})
    found = rows(
        folder,
        "SELECT m.medication_id, m.dose, m.dose_unit, m.concentration_g_per_l, m.strength_g, "
        "m.route, m.status, c.verdict FROM resolved.medication AS m LEFT JOIN ref.drug_class AS c "
        "ON m.drug = c.drug AND c.codelist = 'ivig' ORDER BY 1",
        plan,
    )
    assert found == [
        (1, 200.0, "mL", 50.0, 2.5, "iv", "given", "include"),
        (2, 200.0, "mL", 50.0, 2.5, "iv", "unknown", "include"),
        (3, 200.0, "mL", 50.0, 2.5, "sc", "given", "exclude"),
        (4, 500.0, "mL", None, None, "iv", "given", None),
        (5, None, "mL", 50.0, 2.5, "iv", "given", "include"),
        (6, 200.0, "mL", 50.0, 2.5, "iv", None, "include"),
        (7, 200.0, "mL", 50.0, 2.5, "iv", None, "include"),
    ]
    units = rows(folder, "SELECT DISTINCT dose_unit FROM mapped.medication", _reading("unit"))
    assert units == [("vial",)]


def _reading(reading: str) -> Study:
    return study(**PLAN, drug_quantity={"7": reading})


def test_an_undeclared_quantity_is_refused_only_where_it_is_needed(tmp_path: Path) -> None:
    folder = with_drugs(tmp_path / "x", exposure(1, 501, 200.0))
    with pytest.raises(ExtractError, match="no reading is declared") as caught:
        opened(folder, study(**PLAN)).__enter__()
    assert 'drug_quantity = { "7" = "ml" }' in str(caught.value)
    other = with_drugs(tmp_path / "y", exposure(1, 502, 200.0))
    assert rows(other, "SELECT dose, dose_unit FROM mapped.medication") == [(200.0, None)]


def test_diagnoses_and_findings(tmp_path: Path) -> None:
    def condition(standard: int, source: int, **more: Any) -> dict[str, Any]:
        return {
            "person_id": 1,
            "condition_concept_id": standard,
            "condition_start_date": at("03-02 00:00").date(),
            "condition_status_concept_id": 32890,
            "condition_source_value": "as written",
            "condition_source_concept_id": source,
            "visit_occurrence_id": 100,
            **more,
        }

    conditions = [
        condition(37311061, 45542411),
        condition(37311061, 0, condition_status_concept_id=0),
        condition(600, 0),
        condition(0, 0),
        condition(437663, 0),
    ]
    folder = omop(tmp_path / "x", condition_occurrence=conditions)
    found = rows(
        folder,
        "SELECT vocabulary, code, present_on_admission, diagnosed_at FROM mapped.diagnosis "
        "ORDER BY ALL",
    )
    day = at("03-02 00:00")
    assert sorted(found, key=str) == sorted(
        [
            ("ICD10CM", "U07.1", True, day),
            ("SNOMED", "840539006", None, day),
            ("SNOMED", "882784691000119100x", True, day),
            ("local", "as written", True, day),
            ("OMOP", "437663", True, day),  # a concept that the extract's vocabulary lacks
        ],
        key=str,
    )
    covid = rows(folder, "SELECT code FROM ref.condition WHERE condition = 'covid19' ORDER BY 1")
    assert covid == [("840539006",), ("882784691000119100x",), ("U07.1",)]
    assert rows(folder, "SELECT finding_code, present FROM mapped.finding") == [("fever", True)]


def test_states_with_an_icd_code_are_diagnoses_though_they_are_observations(tmp_path: Path) -> None:
    """Athena maps Z99.2 (dialysis) and Z94.0 (transplant) to the domain of observations."""
    observations = [
        {
            "person_id": 1,
            "observation_concept_id": standard,
            "observation_date": at("03-02 00:00").date(),
            "observation_source_value": value,
            "observation_source_concept_id": source,
            "visit_occurrence_id": visit,
        }
        for standard, source, value, visit in (
            (4019967, 35225404, "Z99.2", 100),
            (0, 0, "ICD10CM:Z94.0", None),  # in the stay by its day
            (43054909, 43054909, "72166-2", 100),  # whether they smoke is none
            (4053118, 0, None, 100),
            (0, 35225404, "Z99.2", 77),  # of a visit of nobody
            (0, 0, "Z79.52", 100),  # the extract has no concept of it
        )
    ]
    dialysis = concept(35225404, "Dependence on renal dialysis", "ICD10CM", "Z99.2", "Observation")
    folder = omop(tmp_path / "x", observation=observations, concept=[*CONCEPTS, dialysis])
    found = rows(folder, "SELECT vocabulary, code, diagnosed_at FROM mapped.diagnosis ORDER BY ALL")
    day = at("03-02 00:00")
    states = [("ICD10CM", code, day) for code in ("Z94.0", "Z99.2", "Z99.2")]
    assert found == [("ICD10", "Z79.52", day), *states]


FAMILY, BEFORE, NO = 4167217, 1340204, 4188540
SAID = [
    concept(1, "Type 2 diabetes", "ICD10CM", "E11.9", "Condition"),
    concept(2, "Dependence on renal dialysis", "ICD10CM", "Z99.2", "Observation"),
    concept(3, "Insertion of a tube", "ICD10PCS", "0BH17EZ", "Procedure"),
    concept(4, "Personal history of embolism", "ICD10CM", "Z86.71", "Observation"),
    concept(5, "Adenocarcinoma", "ICDO3", "8140/3", "Condition"),
    concept(FAMILY, "Family history of clinical finding", "SNOMED", "416471007", "Observation"),
    concept(BEFORE, "History of event", "OMOP Extension", "OMOP5165859", "Observation"),
    concept(NO, "No", "SNOMED", "373067005", "Meas Value"),
]


@pytest.mark.parametrize(
    ("standard", "source", "value", "more", "codes"),
    [
        (0, 1, "E11.9", {}, ["E11.9"]),
        (FAMILY, 1, "E11.9", {}, []),
        (BEFORE, 1, "E11.9", {}, []),
        (FAMILY, 0, "ICD10CM:E11.9", {}, []),
        (BEFORE, 4, "Z86.71", {}, ["Z86.71"]),
        (0, 2, "Z99.2", {"value_as_concept_id": NO}, []),
        (0, 2, "Z99.2", {"value_as_concept_id": 0, "value_as_string": " NO"}, []),
        (0, 2, "Z99.2", {"value_as_concept_id": 0, "value_as_string": "Yes"}, ["Z99.2"]),
        (0, 3, "0BH17EZ", {}, []),
        (0, 5, "8140/3", {}, []),
    ],
)
def test_what_is_denied_or_of_the_family_is_no_diagnosis(
    tmp_path: Path, standard: int, source: int, value: str, more: dict[str, Any], codes: list[str]
) -> None:
    observation = {
        "person_id": 1,
        "observation_concept_id": standard,
        "observation_date": at("03-02 00:00").date(),
        "observation_source_value": value,
        "observation_source_concept_id": source,
        "visit_occurrence_id": 100,
    }
    folder = omop(tmp_path / "x", observation=[observation | more], concept=[*CONCEPTS, *SAID])
    assert rows(folder, "SELECT code FROM mapped.diagnosis") == [(code,) for code in codes]


def test_icu_devices_and_procedures(tmp_path: Path) -> None:
    details = [
        {
            "visit_occurrence_id": 100,
            "visit_detail_concept_id": kind,
            "visit_detail_start_date": at("03-02 00:00").date(),
            "visit_detail_end_date": at("03-04 00:00").date(),
        }
        for kind in (32037, 9201)
    ]
    procedures = [
        {
            "person_id": 1,
            "procedure_concept_id": code,
            "procedure_date": at("03-03 00:00").date(),
            "procedure_datetime": at("03-03 10:00"),
            "visit_occurrence_id": 100,
        }
        for code in (4230167, 4177224, 3655950, 4052536, 37018292, 4196006, 1)
    ]
    folder = omop(tmp_path / "x", visit_detail=details, procedure_occurrence=procedures)
    stay = rows(folder, "SELECT started_at, stopped_at FROM mapped.icu_stay")
    assert stay == [(at("03-02 00:00"), at("03-04 23:59").replace(second=59))]
    devices = rows(folder, "SELECT device, started_at FROM mapped.respiratory_support ORDER BY 1")
    assert devices == [(name, at("03-03 10:00")) for name in ("hfnc", "imv", "niv")]
    done = rows(folder, "SELECT procedure_code FROM mapped.procedure ORDER BY 1")
    assert done == [("crrt",), ("ecmo",), ("prone_position",)]


@pytest.mark.parametrize("table", ["concept", "concept_ancestor", "person"])
def test_a_missing_vocabulary_table_is_named(tmp_path: Path, table: str) -> None:
    folder = omop(tmp_path / "x")
    (folder / f"{table}.parquet").unlink()
    with pytest.raises(ExtractError, match=f"^{table}: the extract 'x' has no such table"):
        extract.inspect(folder, study(**PLAN))


def test_a_duckdb_file_is_read_like_a_folder(tmp_path: Path) -> None:
    folder = omop(tmp_path / "x", measurement=[measured(3016723, 1.0, 8840)])
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as made:
        for path in sorted(folder.glob("*.parquet")):
            made.execute(f"CREATE TABLE {path.stem} AS FROM '{path}'")
    plan = study(**PLAN)
    source = extract.inspect(file, plan)
    assert source.hospitals == ("7",)
    sql = "SELECT admission_id, analyte, value_std FROM resolved.lab"
    assert rows(file, sql, plan) == rows(folder, sql, plan) == [(100, "creatinine", 88.4)]
    (listed,) = extract.input_files(source, "7")
    assert (listed.path, listed.size) == ("warehouse.duckdb", file.stat().st_size)
    assert listed.rows > 0
    (tmp_path / "broken.duckdb").write_bytes(b"no database")
    with pytest.raises(ExtractError, match=r"broken.duckdb"):
        extract.inspect(tmp_path / "broken.duckdb", plan)


def test_synthea_is_read(reference_data: Path) -> None:
    folder = reference_data / "omop_synthea27"
    shipped = load("omop_synthea")
    only = shipped.extract.model_copy(update={"emergency_visits": False})
    plan = shipped.model_copy(update={"extract": only})
    source = extract.inspect(folder, plan)
    assert source.hospitals == ("NJ",)
    visits = pl.read_parquet(folder / "visit_occurrence.parquet")
    inpatient = visits.filter(pl.col("visit_concept_id") == INPATIENT)
    with opened(folder, plan) as db:
        admissions = db.frame("SELECT * FROM mapped.admission")
        assert admissions.height == inpatient.height == 13
        assert set(admissions["admission_id"]) == set(inpatient["visit_occurrence_id"])
        creatinine = db.rows(
            "SELECT count(*), count(value_std) FROM resolved.lab WHERE analyte = 'creatinine'"
        )
        assert creatinine == [(11, 11)]
        assert db.rows("SELECT DISTINCT procedure_code FROM mapped.procedure") == [
            ("prone_position",)
        ]
        patients = db.frame("SELECT * FROM mapped.patient")
        people = inpatient["person_id"].unique()
        assert set(patients["patient_id"]) == set(people)


def test_an_emergency_visit_is_an_admission_only_where_the_study_says_so(tmp_path: Path) -> None:
    visits = [
        visit(1, "03-01 02:00", "03-01 07:00", EMERGENCY),  # part of the stay that follows
        visit(2, "03-01 08:00", "03-04 12:00"),
        visit(6, "03-25 08:00", "03-25 09:00", EMERGENCY),
    ]
    folder = omop(tmp_path / "x", visit_occurrence=visits)
    sql = "SELECT admission_id FROM mapped.admission ORDER BY ALL"
    assert rows(folder, sql) == [(2,)]
    assert rows(folder, sql, study(**PLAN, emergency_visits=True)) == [(1,), (6,)]


def test_a_claim_is_given_only_where_the_study_declares_its_type(tmp_path: Path) -> None:
    claim = {
        "drug_exposure_id": 1,
        "person_id": 1,
        "drug_concept_id": 502,
        "drug_exposure_start_date": at("03-02 08:00").date(),
        "drug_exposure_start_datetime": at("03-02 08:00"),
        "drug_type_concept_id": 32869,
        "quantity": 1.0,
        "visit_occurrence_id": 100,
    }
    folder = omop(tmp_path / "x", drug_exposure=[claim])
    sql = "SELECT status FROM mapped.medication"
    assert rows(folder, sql) == [("unknown",)]
    assert rows(folder, sql, study(**PLAN, drug_types_given=(32869,))) == [("given",)]
