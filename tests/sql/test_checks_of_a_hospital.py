"""The checks of what many of a hospital share: from which counts on they speak."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ehrivig.database import Database
from ehrivig.validate.suite import check_query

Found = Callable[..., tuple[int, int]]


@pytest.fixture(scope="module")
def found() -> Iterable[Found]:
    """What a check says of a table: violated and denominator, of two hospitals alike."""
    with Database(threads=1) as db:
        for schema in ("gate", "ref", "main"):
            db.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")

        limits = [("spo2", 50.0, 100.0), ("urine_output", 0.0, 5e3), ("heart_rate", 0.0, 300.0)]
        columns = ["variable", "hard_lo", "hard_hi"]
        db.load("ref.limit", pl.DataFrame(limits, schema=columns, orient="row"))

        def ask(check: str, **tables: tuple[dict[str, Any], list[tuple[Any, ...]]]) -> Any:
            for name, (schema, rows) in tables.items():
                frame = pl.DataFrame(rows, schema=schema, orient="row")
                both = [frame.with_columns(hospital_id=pl.lit(hospital)) for hospital in "AB"]
                db.load(name.replace("__", "."), pl.concat(both))
            said = db.frame(check_query(check)).select("violated", "denominator").rows()
            assert len(said) in (0, 2)
            assert len(set(said)) <= 1
            violated, denominator = said[0] if said else (0, 0)
            return int(violated or 0), int(denominator or 0)

        yield ask


def days(first: date, *counts: int) -> list[tuple[date]]:
    """So many on each of some days, one after the other."""
    return [(first + timedelta(days=day),) for day, n in enumerate(counts) for _ in range(n)]


def of_months(n: int, day: int = 1, year: int = 1950) -> list[tuple[date]]:
    """As many births, each of another month, on one day of it."""
    return [(date(year + number // 12, number % 12 + 1, day),) for number in range(n)]


@pytest.mark.parametrize(
    ("born", "counts"),
    [
        (of_months(20), (20, 20)),
        (of_months(19), (0, 19)),
        ([*of_months(19), *of_months(1)], (0, 20)),  # two were born on one date
        ([*of_months(20), *of_months(10, 2), *of_months(10, 3)], (20, 40)),  # half of all
        ([*of_months(20), *of_months(10, 2), *of_months(11, 3)], (0, 41)),
        ([*of_months(20), (None,)], (20, 20)),
    ],
)
def test_births_on_one_day_of_the_month(
    found: Found, born: list[tuple[Any]], counts: tuple[int, int]
) -> None:
    assert found("patient_birth_day", gate__patient=({"birth_date": pl.Date}, born)) == counts


@pytest.mark.parametrize(
    ("each", "counts"),
    [
        ((10, *[1] * 19), (10, 29)),
        ((9, *[1] * 19), (0, 28)),
        ((10, *[1] * 18), (0, 28)),  # nineteen dates
        ((10, *[1] * 490), (10, 500)),
        ((10, *[1] * 491), (0, 501)),  # fewer than two of a hundred
        ((10, *[2] * 19), (10, 48)),
        ((9, 10, *[2] * 18), (10, 55)),
        ((10, 10, 10, *[2] * 17), (30, 64)),  # two more that are as frequent
        ((10, 10, 10, 3, *[1] * 16), (0, 49)),
        ((10, *[3] * 19), (0, 67)),
    ],
)
def test_a_birth_date_of_many(found: Found, each: tuple[int, ...], counts: tuple[int, int]) -> None:
    born = [*days(date(1901, 1, 1), *each), (None,)]
    assert found("patient_birth_default", gate__patient=({"birth_date": pl.Date}, born)) == counts


@pytest.mark.parametrize(
    ("each", "counts"),
    [
        ((10,), (10, 10)),
        ((9,), (0, 9)),
        ((10, *[1] * 40), (10, 50)),
        ((10, *[1] * 41), (0, 51)),  # less than a fifth
        ((1, 10, 2), (10, 13)),
        ((1, 10, 3), (0, 14)),  # another date is nearly as frequent
        ((10, 10), (0, 20)),
    ],
)
def test_a_date_of_death_of_many(
    found: Found, each: tuple[int, ...], counts: tuple[int, int]
) -> None:
    """Whatever the time of the day."""
    died = [
        (datetime(day.year, day.month, day.day, number % 24),)
        for number, (day,) in enumerate(days(date(2020, 1, 1), *each))
    ]
    patients = {"death_at": pl.Datetime("us")}, [*died, (None,)]
    assert found("patient_death_default", gate__patient=patients) == counts


@pytest.mark.parametrize(
    ("rows", "violated"),
    [
        ([("male", 1950)] * 5, 0),
        ([("male", 1950)] * 6, 6),
        ([("male", 1950), ("female", 1950)], 2),
        ([("male", 1950), ("unknown", 1950)], 0),
        ([("male", 1950), (None, None)], 0),
        ([("male", None)] * 2, 0),
        ([("male", 1950), ("male", 1951)], 0),  # of one that is a year off
        ([("male", 1950), ("male", 1952)], 2),
    ],
)
def test_a_person_of_several_patients(
    found: Found, rows: list[tuple[str | None, int | None]], violated: int
) -> None:
    schema = {"person_id": pl.String, "sex": pl.String, "birth_date": pl.Date}
    people = [("p", sex, None if year is None else date(year, 7, 1)) for sex, year in rows]
    patients = [*people, ("q", "male", date(1900, 1, 1)), *[(None, "male", None)] * 9]
    counts = found("patient_person_shared", gate__patient=(schema, patients))
    assert counts == (violated, len(rows) + 1)


@pytest.mark.parametrize(
    ("spike", "others", "counts"),
    [
        (20, [5] * 19, (20, 115)),
        (19, [4] * 19, (0, 95)),
        (20, [5] * 18, (0, 110)),  # nineteen ages
        (20, [5] * 18 + [6], (0, 116)),
    ],
)
def test_an_age_of_many(
    found: Found, spike: int, others: list[int], counts: tuple[int, int]
) -> None:
    """In whole years; newborns have one age."""
    ages = [*[40.0] * (spike - 1), 40.9, *[0.9] * 99]
    ages += [1.0 + year for year, n in enumerate(others) for _ in range(n)]
    rows = [(age,) for age in ages]
    assert (
        found("admission_age_spike", gate__admission=({"known_age_years": pl.Float64}, rows))
        == counts
    )


@pytest.mark.parametrize(
    ("full", "other", "counts"),
    [(20, 0, (20, 20)), (19, 0, (0, 19)), (19, 2, (19, 21)), (18, 2, (0, 20))],
)
def test_results_at_full_hours(
    found: Found, full: int, other: int, counts: tuple[int, int]
) -> None:
    """Midnight is no time of day."""
    day = datetime(2020, 1, 1)
    hours = [(day + timedelta(days=n, hours=8),) for n in range(full)]
    hours += [(day + timedelta(days=n, hours=8, seconds=1),) for n in range(other)]
    hours += [(day + timedelta(days=n),) for n in range(50)]
    lab = {"collected_at": pl.Datetime("us")}, hours
    assert found("lab_full_hours", gate__counted_lab=lab) == counts


@pytest.mark.parametrize(
    ("check", "table", "code", "at"),
    [
        ("lab_copies", "gate__counted_lab", "lab_code", "collected_at"),
        ("vital_copies", "gate__counted_vital", "vital_code", "measured_at"),
    ],
)
def test_copies_are_alike_in_all(found: Found, check: str, table: str, code: str, at: str) -> None:
    schema = {"admission_id": pl.Int64, code: pl.String, "value": pl.Float64, at: pl.Int64}
    one = (1, "crp", 5.0, 8)
    others = [(2, *one[1:]), (1, "wbc", 5.0, 8), (1, "crp", 6.0, 8), (1, "crp", 5.0, 9)]
    rows = [one, one, one, *others, *[(1, "crp", None, 8)] * 2]
    assert found(check, **{table: (schema, rows)}) == (2, 7)
    assert found(check, **{table: (schema, [one, *others])}) == (0, 5)


SPO2 = [("spo2", None, 30)]


@pytest.mark.parametrize(
    ("steps", "stays", "counts"),
    [
        ([("spo2", 96.0, 20), ("spo2", None, 30)], 10, (30, 50)),
        ([("spo2", 96.0, 20), ("spo2", None, 29)], 10, (0, 0)),  # few
        ([("spo2", 96.0, 20), ("spo2", None, 30)], 9, (0, 0)),
        ([("spo2", 0.0, 30), ("spo2", 50.0, 9), ("spo2", 100.0, 11)], 10, (30, 50)),
        ([("spo2", 49.0, 30), ("spo2", 101.0, 9), ("spo2", 60.0, 11)], 10, (39, 50)),
        ([("urine_output", 0.0, 60)], 10, (0, 60)),  # a kidney may fail
        ([("heart_rate", 0.0, 60)], 10, (60, 60)),
        # the sign of which the largest share is lost
        (
            [*SPO2, ("spo2", 96.0, 60), ("heart_rate", None, 25), ("heart_rate", 80.0, 25)],
            10,
            (25, 50),
        ),
        ([("spo2", None, 60), ("heart_rate", None, 50)], 10, (60, 60)),
        ([("spo2", None, 50), ("heart_rate", None, 60)], 10, (60, 60)),
    ],
)
def test_a_sign_that_says_nothing(
    found: Found, steps: list[tuple[Any, ...]], stays: int, counts: tuple[int, int]
) -> None:
    schema = {"vital_code": pl.String, "step": pl.Float64, "n": pl.Int64, "seen": pl.UInt64}
    rows = [(*step, 2**stays - 1) for step in steps]
    assert found("vital_sign_left", gate__vital_profile=(schema, rows)) == counts


@pytest.mark.parametrize(
    ("scores", "counts"),
    [
        ([("apache_ii", 3.0), ("sofa", 4.0)], (1, 1)),
        ([("apache_ii", 4.0), ("sofa", 4.0)], (0, 1)),
        ([("apache_ii", 3.0), ("apache_ii", 9.0), ("sofa", 4.0)], (0, 1)),  # its highest
        ([("apache_ii", 3.0), ("sofa", 4.0), ("sofa", 2.0)], (0, 1)),  # its lowest
        ([("apache_ii", 0.0), ("sofa", 0.0)], (0, 0)),
        ([("apache_ii", 0.0), ("sofa", 1.0)], (1, 1)),
        ([("sofa", 4.0)], (0, 0)),
        ([("apache_ii", 4.0), ("gcs", 15.0)], (0, 0)),
    ],
)
def test_scores_that_contradict_each_other(
    found: Found, scores: list[tuple[str, float]], counts: tuple[int, int]
) -> None:
    schema = {"admission_id": pl.Int64, "score_code": pl.String, "value": pl.Float64}
    rows = [(1, *score) for score in scores]
    rows += [(2, "sofa", 24.0)]  # another stay is another
    assert found("score_of_severity", gate__counted_score=(schema, rows)) == counts


@pytest.mark.parametrize(
    ("signs", "counts"),
    [
        ([("sbp", 60.0, 8), ("dbp", 61.0, 8)], (1, 1)),
        ([("sbp", 60.0, 8), ("dbp", 60.0, 8)], (0, 1)),
        ([("sbp", 60.0, 8), ("dbp", 61.0, 9)], (0, 0)),  # at two moments
        ([("sbp", 0.0, 8), ("dbp", 61.0, 8)], (0, 0)),
        ([("sbp", 0.5, 8), ("dbp", 61.0, 8)], (1, 1)),
        ([("sbp", 60.0, 8), ("sbp", 90.0, 8), ("dbp", 70.0, 8)], (0, 1)),
        ([("sbp", 60.0, 8), ("dbp", 70.0, 8), ("dbp", 50.0, 8)], (0, 1)),
        ([("sbp", 60.0, 8), ("heart_rate", 70.0, 8)], (0, 0)),
    ],
)
def test_pressures_that_are_exchanged(
    found: Found, signs: list[tuple[str, float, int]], counts: tuple[int, int]
) -> None:
    schema = {"admission_id": pl.Int64, "vital_code": pl.String, "value": pl.Float64}
    schema |= {"measured_at": pl.Int64}
    rows = [(1, *sign) for sign in signs]
    rows += [(2, "dbp", 300.0, 8)]
    assert found("vital_pressures", gate__counted_vital=(schema, rows)) == counts


@pytest.mark.parametrize(
    ("tests", "ended", "counts"),
    [
        ("-1 +2", "home", (1, 1)),
        ("+1 -2", "home", (0, 1)),
        ("+2 -1", "home", (1, 1)),  # by their moments
        ("-1 +2 -3", "home", (0, 1)),
        ("+1 -2 +3", "home", (0, 1)),
        ("-1 +1", "home", (0, 0)),  # at one moment
        ("+1 +2", "home", (0, 0)),
        ("?1 +2", "home", (0, 0)),
        ("-1 +2", "died", (0, 0)),
    ],
)
def test_results_in_the_wrong_order(
    found: Found, tests: str, ended: str, counts: tuple[int, int]
) -> None:
    words = {"+": "positive", "-": "negative", "?": "invalid"}
    schema = {"admission_id": pl.Int64, "organism_code": pl.String, "method": pl.String}
    schema |= {"result": pl.String, "collected_at": pl.Int64}
    rows: list[tuple[Any, ...]] = [
        (1, "sars_cov_2", "rna", words[one[0]], int(one[1:])) for one in tests.split()
    ]
    rows += [(1, "sars_cov_2", "antigen", "negative", 0), (1, "influenza_a", "rna", "positive", 9)]
    stays = {"admission_id": pl.Int64, "discharge_status": pl.String}, [(1, ended)]
    with_stays = {"gate__counted_pathogen_test": (schema, rows)}
    assert found("pathogen_order", **with_stays, main__admission=stays) == counts


@pytest.mark.parametrize(
    ("men", "taller", "spread", "counts"),
    [
        (40, 6.8, 2.0, (80, 80)),
        (40, 6.9, 2.0, (0, 80)),  # a difference that may be eight centimetres
        (39, 6.0, 2.0, (0, 79)),
        (40, 6.4, 2.5, (80, 80)),
        (40, 6.8, 2.5, (0, 80)),  # heights that vary more say less
        (40, 12.0, 2.0, (0, 80)),
    ],
)
def test_men_who_are_no_taller_than_women(
    found: Found, men: int, taller: float, spread: float, counts: tuple[int, int]
) -> None:
    """Of adults with a height that may be."""
    schema = {"patient_id": pl.String, "known_age_years": pl.Float64, "height_cm": pl.Float64}
    sexes = {"m": men, "f": 40}
    rows: list[tuple[Any, ...]] = [
        (f"{sex}{n}", 18.0, 160.0 + taller * (sex == "m") + spread * (-1) ** n)
        for sex, people in sexes.items()
        for n in range(people)
    ]
    rows += [("m0", 17.9, 190.0), ("m0", 40.0, 221.0), ("f0", 40.0, 119.0), ("u", 40.0, 170.0)]
    words = {"m": "male", "f": "female", "u": "unknown"}
    patients = [(name, words[name[0]]) for name in sorted({name for name, *_ in rows})]
    with Database(threads=1) as db:
        for name in ("gate", "main"):
            db.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        db.load("gate.admission", frame.with_columns(hospital_id=pl.lit("A")))
        people = pl.DataFrame(patients, schema=["patient_id", "sex"], orient="row")
        db.load("main.patient", people)
        said = db.frame(check_query("admission_height_of_sex")).rows()
    assert said == [("A", *counts)]


@pytest.mark.parametrize(
    ("age", "height", "adults"),
    [
        *((18.0, 120.0, 1), (18.0, 119.9, 0), (18.0, 220.0, 1), (18.0, 220.1, 0)),
        *((17.9, 170.0, 0), (None, 170.0, 0), (18.0, None, 0)),
    ],
)
def test_heights_of_adults_that_may_be(
    age: float | None, height: float | None, adults: int
) -> None:
    schema = {"patient_id": pl.String, "known_age_years": pl.Float64, "height_cm": pl.Float64}
    rows = [("m", 40.0, 170.0), ("f", age, height)]
    with Database(threads=1) as db:
        db.execute("CREATE SCHEMA gate")
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        db.load("gate.admission", frame.with_columns(hospital_id=pl.lit("A")))
        sexes = {"patient_id": ["m", "f"], "sex": ["male", "female"]}
        db.load("main.patient", pl.DataFrame(sexes))
        said = db.frame(check_query("admission_height_of_sex")).rows()
    assert said == [("A", 0, 1 + adults)]


@pytest.mark.parametrize(
    ("vocabulary", "code", "local", "unknown"),
    [
        ("local", "J18.9", 1, 1),  # a code of ICD-10 that is said to be local
        ("local", "sepsis", 0, 1),
        ("local", "A41", 0, 0),  # a local list has it
        ("ICD10", "J18.9", 0, 0),
        ("local", None, 0, 0),
    ],
)
def test_codes_that_are_said_to_be_local(
    vocabulary: str, code: str | None, local: int, unknown: int
) -> None:
    with Database(threads=1) as db:
        for name in ("resolved", "ref"):
            db.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        listed = [("local", "A41"), ("local", None), ("ICD10", "J18.9")]
        db.load("ref.condition", pl.DataFrame(listed, schema=["vocabulary", "code"], orient="row"))
        rows = [("A", vocabulary, code), ("A", "ICD10", "I10")]
        columns = {"hospital_id": pl.String, "vocabulary": pl.String, "code": pl.String}
        db.load("resolved.diagnosis", pl.DataFrame(rows, schema=columns, orient="row"))
        said = [db.frame(check_query(f"diagnosis_local{end}")).rows() for end in ("", "_unknown")]
    of = 1 + (code is not None)
    assert said == [[("A", local, of)], [("A", unknown, of)]]
