"""The rows behind a stay, drawn by hand: doses and their grams, criteria, covariates, outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from drawn import Hospital
from drawn_study import asking

from ehrivig.results.why import again, doses, evidence, origins
from ehrivig.results.why.source import Source, as_toml
from ehrivig.study import Study

STAY = """
    hospital_id | admission_id | patient_id | admitted_at | discharged_at | weight_kg | time_zero
    H | 1 | 1 | 01-02 10:00 | 01-20 10:00 | 50 | 01-03 10:00
"""
PRODUCTS = """
    drug | codelist | verdict | concentration_g_per_l | strength_g | product_type
    1 | ivig | include | 50 | 2.5 | standard
    2 | ivig | exclude | - | - | -
    3 | ivig | include | - | - | standard
    9 | other | include | - | - | -
"""


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(STAY)
    drawn.draw("ref.drug_class", PRODUCTS)
    drugs = "\n".join(f"{n} | IV {n} | iv" for n in (1, 2, 3, 9))
    drawn.draw("ref.drug", f"drug | drug_name | route\n{drugs}")
    drawn.db.execute("CREATE SCHEMA resolved")
    drawn.db.execute(
        "CREATE TABLE resolved.medication AS SELECT *, FALSE AS end_assumed FROM medication"
    )
    yield drawn
    drawn.close()


def source(
    hospital: Hospital, folder: Path, study: Study | None = None, candidate: bool = True
) -> Source:
    """What of a `Source` is asked for."""
    found = SimpleNamespace(
        db=hospital.db,
        study=study or asking('from = "length_of_stay"'),
        folder=folder,
        admission="1",
        candidate=candidate,
        moment=lambda value: value,
        stay={"age_years": 40.0},
        criterion={},
        rows=lambda query, values=None: hospital.db.frame(query, values or {}).to_dicts(),
    )
    return cast(Source, found)


def give(hospital: Hospital, set_aside: bool = False, **cells: Any) -> None:
    """One administration of the exposure, as read and behind the gate."""
    row = {"hospital_id": "H", "admission_id": 1, "medication_id": "m", "drug": 1, "route": "iv"}
    row |= {"dose": 10, "dose_unit": "g", "status": "given", "started_at": "01-03 12:00"} | cells
    end_assumed = row.pop("end_assumed", False)
    line = " | ".join("-" if value is None else str(value) for value in row.values())
    for table in ("resolved.medication",) if set_aside else ("resolved.medication", "medication"):
        hospital.draw(table, f"{' | '.join(row)}\n{line}")
    hospital.db.execute(f"UPDATE resolved.medication SET end_assumed = {end_assumed}")


@pytest.mark.parametrize(
    ("cells", "became"),
    [
        ({}, "10 g"),
        ({"dose": 200, "dose_unit": "mL"}, "10 g (known: g/L 50, g per vial 2.5)"),
        ({"drug": 2}, "does not count: the code list says exclude"),
        ({"set_aside": True}, "does not count: set aside by the data gate"),
        ({"status": "cancelled"}, "does not count: it is no administration that was given"),
        ({"started_at": "01-02 12:00"}, "does not count: it began outside the window"),
        ({"dose": None}, "counts, without grams: no dose is written"),
        ({"dose_unit": None}, "counts, without grams: no unit is written"),
        ({"dose_unit": "IU"}, "counts, without grams: the unit IU gives no mass of it"),
        ({"drug": 3, "dose_unit": "mL"}, "counts, without grams: no g/L is known"),
        ({"drug": 3, "dose_unit": "vial"}, "counts, without grams: no g per vial is known"),
        ({"dose": 1, "dose_unit": "g/h"}, "counts, without grams: it is a rate, and no end"),
        (
            {"dose": 1, "dose_unit": "g/h", "stopped_at": "01-03 12:00"},
            "counts, without grams: it is a rate, and its end is not believed",
        ),
        (
            {"dose": 1, "dose_unit": "g/h", "stopped_at": "01-10 12:01"},
            "counts, without grams: it is a rate, and its end is not believed",
        ),
        ({"dose": 200_000}, "counts, without grams: nobody believes such an amount"),
    ],
)
def test_what_became_of_an_administration(
    hospital: Hospital, tmp_path: Path, cells: dict[str, Any], became: str
) -> None:
    give(hospital, **cells)
    ((_, said),) = doses.doses(source(hospital, tmp_path))[0].lines
    assert said.rpartition("route iv: ")[2].startswith(became)


def test_by_what_a_dose_became_grams(hospital: Hospital, tmp_path: Path) -> None:
    give(hospital, drug=3, dose=0.5, dose_unit="g/kg")
    ((_, said),) = doses.doses(source(hospital, tmp_path))[0].lines
    assert said.endswith("25 g (known: weight 50 kg)")
    give(
        hospital,
        **{"drug": 3, "medication_id": "n", "dose": 1, "dose_unit": "g/h", "end_assumed": True},
        stopped_at="01-03 14:00",
    )
    study = asking('from = "length_of_stay"')
    exposure = study.exposure.model_copy(update={"open_rate_hours": 6.0})
    study = study.model_copy(update={"exposure": exposure})
    name, said = doses.doses(source(hospital, tmp_path, study))[0].lines[1]
    assert name == "n"
    assert said.endswith("2 g (known: no end is charted, at most 6 h assumed)")


def test_a_weight_that_nobody_knows(hospital: Hospital, tmp_path: Path) -> None:
    hospital.db.execute("UPDATE candidate SET weight_kg = NULL")
    give(hospital, dose=0.5, dose_unit="g/kg")
    ((_, said),) = doses.doses(source(hospital, tmp_path))[0].lines
    assert said.endswith("counts, without grams: no weight is known")


def test_another_route_and_a_stay_that_is_no_candidate(hospital: Hospital, tmp_path: Path) -> None:
    hospital.draw("ref.drug", "drug | drug_name | route\n4 | SC 4 | sc")
    hospital.draw("ref.drug_class", "drug | codelist | verdict\n4 | ivig | include")
    give(hospital, drug=4, route="sc", medication_id=None)
    ((name, said),) = doses.doses(source(hospital, tmp_path))[0].lines
    assert name == "medication"
    assert "does not count: given by another route than iv" in said
    ((_, said),) = doses.doses(source(hospital, tmp_path, candidate=False))[0].lines
    assert said.endswith("given; the stay is no candidate, so that nobody asked for its grams")


def test_of_nothing_given_that_is_said(hospital: Hospital, tmp_path: Path) -> None:
    give(hospital, drug=9)
    said = doses.doses(source(hospital, tmp_path))[0].lines
    assert said == [("medication", "no row of the drug in the extract")]


LABS = """
    admission_id | analyte | value_std | collected_at
    1 | crp | 10 | {first}
    1 | crp | 20 | {first}
    1 | crp | 30 | {second}
    1 | crp | - | {first}
    1 | ldh | 5 | {first}
"""


@pytest.mark.parametrize(
    ("chosen", "first", "second", "value"),
    [
        ("first", "01-02 10:00", "01-03 09:00", "10"),  # of two at one moment the lower
        ("first", "01-02 09:59", "01-03 09:00", "30"),  # the window is of a day before and after
        ("first", "01-04 10:00", "01-04 09:59", "30"),
        ("first", "01-04 10:00", "01-04 10:00", None),
        ("last", "01-03 09:00", "01-03 08:00", "10"),  # the last before time zero
        ("last", "01-03 09:00", "01-03 10:00", "30"),
        ("last", "01-03 09:00", "01-03 11:00", "10"),
        ("last", "01-03 12:00", "01-03 11:00", "30"),  # else the first after it
    ],
)
def test_the_value_that_a_covariate_is(
    hospital: Hospital, tmp_path: Path, chosen: str, first: str, second: str, value: str | None
) -> None:
    hospital.draw("lab", LABS.format(first=first, second=second))
    study = asking('from = "length_of_stay"', f'value = "{chosen}"')
    text = {"name": "crp", "label": "CRP", "from": "lab", "unit": "mg/L"}
    wanted = type(study.covariates.variables[0]).model_validate(text)
    covariates = study.covariates.model_copy(update={"variables": (wanted,)})
    study = study.model_copy(update={"covariates": covariates})
    (said,) = origins.origins(source(hospital, tmp_path, study))[0].lines
    assert said[0] == "crp"
    assert said[1] == "no row" if value is None else f"value_std {value}" in said[1]


def asked(hospital: Hospital, tmp_path: Path, outcome: str) -> str:
    return dict(origins.origins(source(hospital, tmp_path, asking(outcome)))[1].lines)["asked"]


@pytest.mark.parametrize(
    ("outcome", "table", "rows", "said"),
    [
        (
            'from = "procedure", code = "ecmo"',
            "procedure",
            "admission_id | procedure_code | started_at\n1 | ecmo | 01-05 10:00\n"
            "1 | ecmo | 01-04 10:00\n1 | crrt | 01-04 10:00",
            ["2020-01-04", "2020-01-05"],
        ),
        (
            'from = "device", code = "hfnc"',
            "respiratory_support",
            "admission_id | device | started_at\n1 | hfnc | 01-05 10:00\n1 | cpap | 01-05 10:00",
            ["2020-01-05"],
        ),
        (
            'from = "icu_length_of_stay"',
            "icu_stay",
            "admission_id | started_at | stopped_at\n1 | 01-05 10:00 | 01-06 10:00",
            ["2020-01-05"],
        ),
    ],
)
def test_the_rows_of_an_outcome(
    hospital: Hospital, tmp_path: Path, outcome: str, table: str, rows: str, said: list[str]
) -> None:
    assert asked(hospital, tmp_path, outcome) == "no row"
    hospital.draw(table, rows)
    told = asked(hospital, tmp_path, outcome).split("; ")
    assert len(told) == len(said)
    assert all(
        one.startswith(f"{table}: ") and day in one for one, day in zip(told, said, strict=True)
    )


def test_of_many_rows_three_are_shown(hospital: Hospital, tmp_path: Path) -> None:
    for number in range(3):
        hospital.draw(
            "procedure", f"admission_id|procedure_code|started_at\n1|ecmo|01-0{number + 3} 10:00"
        )
    assert "more" not in asked(hospital, tmp_path, 'from = "procedure", code = "ecmo"')
    hospital.draw("procedure", "admission_id|procedure_code|started_at\n1|ecmo|01-09 10:00")
    told = asked(hospital, tmp_path, 'from = "procedure", code = "ecmo"').split("; ")
    assert len(told) == 4
    assert told[-1] == "1 more"


def test_nothing_is_told_of_the_values_of_who_is_no_candidate(
    hospital: Hospital, tmp_path: Path
) -> None:
    assert origins.origins(source(hospital, tmp_path, candidate=False)) == []


def test_rows_of_one_kind_are_shown_up_to_twelve() -> None:
    rows: list[dict[str, Any]] = [{"admission_id": 1, "code": "x", "status": None}] * 12
    assert evidence.shown("lab", rows) == [("lab", "code x")] * 12
    assert evidence.shown("lab", rows * 2)[12:] == [("lab", "12 more")]


def test_a_study_of_a_manifest_as_toml_gives_it() -> None:
    content = {"a": None, "day": "2020-01-02", "text": "2020-01-02 x", "more": [{"b": None}, 1]}
    assert as_toml(content) == {
        **{"day": date(2020, 1, 2), "text": "2020-01-02 x", "more": [{}, 1]}
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1.0 + 1e-10, True),
        (1.0, 1.0 + 1e-8, False),
        (1e9, 1e9 + 0.5, True),
        (1e9, 1e9 + 2, False),
        (1e-12, 1e-10, True),
        (None, None, True),
        (None, 1.0, False),
        (True, True, True),
        (1, 2, False),
    ],
)
def test_values_read_again_agree_but_for_the_last_digits(one: Any, other: Any, same: bool) -> None:
    assert again._same(one, other) is same


@pytest.mark.parametrize(("clock", "span"), [("offsets", True), ("calendar", False)])
def test_without_dates_moments_are_spans_since_the_admission(clock: str, span: bool) -> None:
    admitted = datetime(2020, 1, 2, 10)
    at = admitted + timedelta(hours=3)
    frame = pl.DataFrame({"at": [at, None], "n": [1, 2]})
    found = Source.__new__(Source)
    found.db = cast(Any, SimpleNamespace(frame=lambda *_: frame))
    found.study, found.stay = cast(Any, SimpleNamespace(clock=clock)), {"admitted_at": admitted}
    shown = timedelta(hours=3) if span else at
    assert found.moment(at) == shown
    assert found.moment(None) is None
    assert found.rows("") == [{"at": shown, "n": 1}, {"at": None, "n": 2}]
    found.stay = {}
    assert found.moment(at) == at
    assert found.rows("")[0]["at"] == at
