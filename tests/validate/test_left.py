"""What is left of a hospital, and what nobody can read: neither arm, neither alive nor dead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from ehrivig import cohort, study, validate
from ehrivig.study import Outcome, Study
from ehrivig.validate import Measurement, judge, left
from ehrivig.validate.network import Network, Studied
from ehrivig.validate.result import HospitalResult

PLAN = study.load("ivig_covid19")


def result(read: int, gone: int, **violated: int) -> HospitalResult:
    """A hospital with medication alone: rows read, set aside, and by which checks."""
    measured = [
        Measurement("A", "medication", f"medication.{name}", "quarantine", n, read)
        for name, n in violated.items()
    ]
    return HospitalResult("A", measured, {"medication": read}, {"medication": gone})


@pytest.mark.parametrize(
    ("read", "gone", "violated", "expected"),
    [
        (100, 0, {}, (0, 100)),
        (100, 20, {"started_at_present": 20}, (20, 100)),
        (100, 60, {"not_copy": 50, "status_given": 10}, (0, 40)),  # nothing is lost by these
        (100, 60, {"not_copy": 40, "started_at_present": 20}, (20, 60)),
        (100, 30, {"admission_kept": 30}, (0, 70)),  # lost with their admissions, counted there
        (10, 10, {"not_copy": 9, "not_duplicate": 9}, (0, 0)),
    ],
)
def test_rows_lost_are_those_whose_loss_is_one(
    read: int, gone: int, violated: dict[str, int], expected: tuple[int, int]
) -> None:
    assert left.lost(result(read, gone, **violated), "medication") == expected


@pytest.mark.parametrize(
    ("table", "read", "gone", "counts"),
    [
        ("lab", 20, 4, 0),
        ("lab", 20, 5, 5),
        ("lab", 4, 4, 0),  # single entries
        ("admission", 20, 4, 0),
        ("admission", 2, 2, 2),  # no stay is left
        ("patient", 1, 1, 1),
    ],
)
def test_single_entries_are_no_fault_of_a_hospital_unless_nobody_is_left(
    table: str, read: int, gone: int, counts: int
) -> None:
    one = HospitalResult("A", [], {table: read}, {table: gone})
    network = Network(PLAN, (), [one], (), (), lambda name, hospitals: pl.LazyFrame())
    assert list(left.rows_left(table)(network)) == [("A", counts, read)]


@pytest.mark.parametrize(
    ("check", "violated", "of", "verdict"),
    [
        ("admission.admitted_at_present", 186, 186, "fail"),
        ("admission.admitted_at_present", 9, 186, "warn"),  # 4.8%
        ("admission.admitted_at_present", 10, 186, "fail"),
        ("admission.admitted_at_present", 4, 20, "warn"),  # single entries
        ("admission.admitted_at_present", 4, 4, "warn"),  # what is left is asked apart
        ("patient.sex_accepted", 0, 100, "pass"),
        ("patient.sex_accepted", 1, 100, "warn"),  # what is tolerated is said
        ("patient.sex_accepted", 5, 100, "warn"),
        ("patient.sex_accepted", 6, 100, "fail"),
        ("lab.result_present", 40, 100, "warn"),
        ("lab.result_present", 41, 100, "fail"),
        ("lab.code_known", 99, 100, "warn"),
        ("lab.code_known", 100, 100, "fail"),
        ("medication.rows_left", 10, 100, "pass"),
        ("medication.rows_left", 11, 100, "fail"),
        ("admission.age_agrees", 1, 186, "warn"),  # one child of sixty years leaves the study
        ("admission.age_usual", 1, 186, "warn"),
        ("admission.age_fits_body", 1, 186, "warn"),
        ("medication.drug_mapped", 1, 342, "warn"),
        ("study.exposed_in_next_stay", 1, 100, "warn"),
        ("study.exposure_known", 1, 100, "warn"),
        ("study.exposure_known", 11, 100, "fail"),
    ],
)
def test_every_check_can_fail(check: str, violated: int, of: int, verdict: str) -> None:
    known = validate.suite.by_check().get(check)
    severity = known.severity if known else "block"
    one = Measurement("A", check.partition(".")[0], check, severity, violated, of)
    assert judge([one], PLAN)[0].verdict == verdict


def test_one_of_unknown_exposure_is_said() -> None:
    studied = Studied(*[pl.DataFrame()] * 4, exposure_known=[("A", 1, 99), ("B", 0, 50)])
    network = Network(PLAN, (), (), (), (), lambda name, hospitals: pl.LazyFrame(), studied)
    assert list(left.people_left(network)) == [("A", 1, 100), ("B", 0, 50)]


def test_a_policy_of_the_study_replaces_the_second_limit() -> None:
    one = Measurement("A", "lab", "lab.result_present", "warn", 100, 100)
    quality = PLAN.quality.model_copy(update={"thresholds": {"lab.result_present": 0.9}})
    assert judge([one], PLAN.model_copy(update={"quality": quality}))[0].verdict == "warn"


def test_no_check_has_a_threshold_that_nothing_can_pass() -> None:
    for checks in validate.suites().values():
        for check in checks:
            assert check.threshold < 1, check.check
            assert check.fails_above is None or check.threshold < check.fails_above < 1


Open = Callable[[], Any]


@pytest.fixture
def opened(hospital: Any) -> Any:
    """The hospital's database, measured."""

    def measure(plan: Study = PLAN) -> Any:
        db = hospital.database()
        validate.measure(db, plan, ["H"])
        return db

    return measure


def unread(db: Any) -> list[Any]:
    return [row[0] for row in db.rows("SELECT admission_id FROM unread_exposure ORDER BY ALL")]


@pytest.mark.parametrize(
    ("row", "is_unread"),
    [
        ({}, False),
        ({"dose": 2.0, "dose_unit": "vial"}, True),  # set aside: vials of unknown strength
        ({"started_at": None}, True),
        ({"status": "unknown"}, False),  # an order: never a dose (kind 4 of the catalogue)
        ({"status": None}, True),  # nobody wrote whether it was given
        ({"status": None, "drug": 3, "drug_code": "H02AB02"}, False),
        ({"status": "not_given"}, False),  # says itself that it is no dose
        ({"drug": None, "drug_code": None, "drug_name": None}, True),  # it may be any drug
        ({"route": "zebra", "dose": 2.0, "dose_unit": "vial"}, True),  # a word is no route
        ({"route": "po", "dose": 2.0, "dose_unit": "vial"}, False),
        ({"dose": -10.0}, True),  # taken back, but nothing was given before
        ({"dose": 0.0}, True),  # given, and nothing says how much: 0 may be a placeholder
        ({"dose": 0.0, "status": "stopped"}, False),
        ({"dose": 0.0, "drug": 3, "drug_code": "H02AB02"}, False),
        ({"drug": 2, "drug_name": "Hepatitis B Immune Globulin"}, False),
        ({"drug": 3, "drug_code": "H02AB02", "started_at": None}, False),  # another drug
    ],
)
def test_a_dose_that_nobody_can_read(
    hospital: Any, opened: Callable[..., Any], row: dict[str, Any], is_unread: bool
) -> None:
    hospital.add("medication", **row)
    db = opened()
    assert unread(db) == ["1"] * is_unread
    db.close()


@pytest.mark.parametrize("row", [{"dose": 0.0}, {"dose": -10.0}, {"status": None}])
def test_a_row_that_is_no_dose_beside_a_real_one_leaves_no_doubt(
    hospital: Any, opened: Callable[..., Any], row: dict[str, Any]
) -> None:
    hospital.add("medication", started_at=datetime(2020, 1, 11, 8))
    hospital.add("medication", **row)
    db = opened()
    assert unread(db) == []
    db.close()


def test_a_start_that_cannot_be_believed_is_none(hospital: Any, opened: Callable[..., Any]) -> None:
    hospital.add("medication", started_at=datetime(1900, 1, 1))
    db = opened()
    assert db.rows("SELECT started_at FROM unread_exposure") == [(None,)]
    db.close()


def test_an_illegible_row_is_no_dose_that_was_lost(
    hospital: Any, opened: Callable[..., Any]
) -> None:
    hospital.add("medication", drug=None, drug_code=None, drug_name=None)
    db = opened()
    assert db.rows("SELECT named FROM unread_exposure") == [(False,)]
    db.close()


def events(db: Any) -> list[Any]:
    return list(db.rows("SELECT from_table, admission_id, variable, started_at FROM unread_event"))


LATER = datetime(2021, 1, 1)


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("diagnosis", {"code": "I10", "vocabulary": "ICD10"}, []),
        (
            "diagnosis",
            {"code": "I10", "vocabulary": "ICD10", "diagnosed_at": LATER},
            ["hypertension"],
        ),
        ("diagnosis", {"code": "Z00", "vocabulary": "ICD10", "diagnosed_at": LATER}, []),
        # what nobody can read may be anything, where it is much of the stay
        ("diagnosis", {"code": None, "vocabulary": "ICD10"}, ["*"]),
        ("diagnosis", {"code": "I10", "vocabulary": "house list"}, ["*"]),
        ("diagnosis", {"code": "I10", "vocabulary": None}, ["*"]),
        ("diagnosis", {"code": "zebra", "vocabulary": "ICD10"}, ["*"]),
        ("pathogen_test", {"organism_code": None}, ["*"]),
        ("procedure", {"procedure_code": "ecmo", "started_at": LATER}, ["ecmo"]),
        (
            "respiratory_support",
            {"device": "imv", "started_at": LATER},
            ["imv"],
        ),
        ("respiratory_support", {"device": "zebra", "started_at": LATER}, ["*"]),
        ("respiratory_support", {"device": "zebra"}, []),  # the row stays: of an unknown device
        ("pathogen_test", {"organism_code": "sars_cov_2", "collected_at": LATER}, ["sars_cov_2"]),
        # a row of nobody is nobody's event
        ("procedure", {"procedure_code": "ecmo", "admission_id": None}, []),
        ("procedure", {"procedure_code": None, "started_at": LATER}, ["*"]),
        ("lab", {"collected_at": LATER}, []),  # a value that is missing is missing
    ],
)
def test_what_was_set_aside_may_have_been_an_event(
    hospital: Any,
    opened: Callable[..., Any],
    table: str,
    row: dict[str, Any],
    expected: list[str],
) -> None:
    hospital.add(table, **row)
    db = opened()
    assert events(db) == [(table, "1", variable, None) for variable in expected]
    db.close()


def test_results_and_findings_leave_a_doubt_where_an_outcome_asks_for_them(
    hospital: Any, opened: Callable[..., Any]
) -> None:
    """Nobody else reads the doubt: a covariate that was not measured is missing as it is."""
    hospital.add("lab", analyte="crp", collected_at=LATER)
    hospital.add("finding", finding_code="cough", observed_at=LATER)
    kinds = ({"from": "lab_reached", "code": "crp", "at_most": 5}, {"from": "finding"})
    named = ("low", "cough")
    asked = tuple(
        Outcome.model_validate({"name": name, "label": name, **kind})
        for name, kind in zip(named, kinds, strict=True)
    )
    for more, expected in (((), []), (asked, [("finding", "cough"), ("lab", "crp")])):
        variables = (*PLAN.outcomes.variables, *more)
        outcomes = PLAN.outcomes.model_copy(update={"variables": variables})
        db = opened(PLAN.model_copy(update={"outcomes": outcomes}))
        assert sorted((table, what) for table, _, what, _ in events(db)) == expected
        db.close()


@pytest.mark.parametrize(("more", "is_unread"), [(18, True), (19, False)])
def test_one_row_in_twenty_of_a_stay_may_be_illegible(
    hospital: Any, opened: Callable[..., Any], more: int, is_unread: bool
) -> None:
    hospital.add("diagnosis", code=None, vocabulary="ICD10")
    for number in range(more):
        hospital.add("diagnosis", code=f"S0{number % 10}.{number // 10}", vocabulary="ICD10")
    db = opened()
    assert events(db) == [("diagnosis", "1", "*", None)] * is_unread
    db.close()


def test_copies_leave_no_doubt(hospital: Any, opened: Callable[..., Any]) -> None:
    for _ in range(2):
        hospital.add("diagnosis", code="I10", vocabulary="ICD10")
    db = opened()
    assert events(db) == []
    db.close()


GIVEN = datetime(2020, 1, 12, 9)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"started_at": GIVEN}, []),
        ({"started_at": GIVEN, "dose": 2.0, "dose_unit": "vial"}, [GIVEN]),  # when is believed
        ({"started_at": LATER}, [None]),
        ({"started_at": GIVEN, "status": "not_given"}, []),
        ({"started_at": GIVEN, "status": None}, [GIVEN]),  # nobody wrote whether it was given
        ({"started_at": GIVEN, "status": "unknown"}, []),
    ],
)
def test_a_drug_that_was_set_aside(
    hospital: Any, opened: Callable[..., Any], row: dict[str, Any], expected: list[Any]
) -> None:
    hospital.add("medication", **row)
    db = opened()
    assert events(db) == [("medication", "1", "ivig", at) for at in expected]
    db.close()


def test_a_product_that_a_list_sets_aside(hospital: Any, opened: Callable[..., Any]) -> None:
    hospital.drugs.append((9, "local", "s", "Steroid of some kind", "iv"))
    hospital.classes.append((9, "glucocorticoid", "quarantine", None, None, None))
    hospital.add("medication", drug=9, drug_name="Steroid of some kind", started_at=GIVEN)
    db = opened()
    assert events(db) == [("medication", "1", "glucocorticoid", GIVEN)]
    db.close()


def test_a_death_that_was_taken_away_is_unread(hospital: Any, opened: Callable[..., Any]) -> None:
    hospital.change("patient", 0, death_at=datetime(2020, 1, 2))  # before the admission
    db = opened()
    assert db.rows("SELECT patient_id FROM unread_death") == [("1",)]
    db.close()


def test_who_is_in_neither_arm_leaves_and_is_counted() -> None:
    people = pl.DataFrame(
        {
            "hospital_id": ["A", "A", "B"],
            "admission_id": [1, 2, 3],
            "person_id": ["p", "q", "r"],
        }
    )
    flow = pl.DataFrame(
        [(0, "read", "Read", "all", 3, 3, 0, 0)], schema=cohort.ATTRITION_SCHEMA, orient="row"
    )

    def known(*answers: bool | None) -> tuple[list[int], list[tuple[str, int, int]]]:
        dosing = people.select("hospital_id", "admission_id").with_columns(
            ivig_any=pl.Series(answers, dtype=pl.Boolean)
        )
        left_, after = cohort.of_known_exposure(people, flow, dosing, PLAN)
        last = after.filter(pl.col("criterion") == "exposure_known")
        columns = ("hospital_id", "admissions", "excluded_not_measured")
        return left_["admission_id"].to_list(), last.select(columns).rows()

    assert known(True, False, True) == ([1, 2, 3], [])
    assert known(True, None, False) == ([1, 3], [("A", 1, 1), ("B", 1, 0), ("all", 2, 1)])
