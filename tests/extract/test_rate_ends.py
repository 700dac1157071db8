"""Rates whose end nobody charted: ended as the study declares, worked out by hand in every unit."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import Rows, at, opened, study
from test_extract import ADMISSIONS, hive

from ehrivig import extract
from ehrivig.analysis.dosing_table import dosing_variables
from ehrivig.concepts import concept
from ehrivig.database import Database
from ehrivig.extract import layout_check
from ehrivig.features.dose import NG_PER_G, amount_ng
from ehrivig.features.dosing import administrations
from ehrivig.study import Exposure, Study

WEIGHT = 70.0
G_PER_L = 0.064
"""4 mg of norepinephrine in 62.5 mL."""


def plan(hours: float | None, codelist: str = "norepinephrine") -> Study:
    exposure = Exposure(
        **{"name": "drug", "label": "drug", "codelist": codelist, "open_rate_hours": hours}
    )
    return study().model_copy(update={"exposure": exposure})


def event(start: str, dose: float | None, unit: str | None, **more: Any) -> dict[str, Any]:
    """A row of norepinephrine to admission 11 (03-01 08:00 to 03-09 12:00)."""
    return {
        "admission_id": 11,
        "drug_code": "C01CA03",
        "vocabulary": "ATC",
        "drug_name": "norepinephrine",
        "dose": dose,
        "dose_unit": unit,
        "concentration_g_per_l": None,
        "route": "iv",
        "status": "given",
        "started_at": at(start),
        "stopped_at": None,
        **more,
    }


STOP = {"status": "stopped"}


def drawn(folder: Path, *events: dict[str, Any]) -> Path:
    rows: Rows = [{**one, "medication_id": number} for number, one in enumerate(events)]
    stays: Rows = [{**one, "weight_kg": WEIGHT} for one in ADMISSIONS]
    return hive(folder, medication=rows, admission=stays)


def grams(folder: Path, asked: Study) -> list[float | None]:
    """Grams of the administrations, in the order of their begin."""
    doses = folder.with_name("doses")
    doses.mkdir(exist_ok=True)
    with opened(folder, asked, workshop=doses) as db:
        db.view("medication", "SELECT * FROM resolved.medication")
        db.table("candidate", "SELECT *, admitted_at AS time_zero FROM resolved.admission")
        path = administrations(db, asked, doses)
        given = pl.read_parquet(path).sort("started_at", "medication_id")
    found = given.select(amount_ng(given["dose_unit"].unique().to_list())).to_series()
    return [None if one is None else one / NG_PER_G for one in found]


@pytest.mark.parametrize(
    ("unit", "dose", "more", "expected"),
    [
        ("g/h", 2.0, {}, 48.0),  # 2 g x 24 h
        ("g/day", 2.0, {}, 2.0),
        ("mg/h", 10.0, {}, 0.24),  # 10 mg x 24 h
        ("mcg/min", 8.0, {}, 0.01152),  # 8 ug x 1440 min
        ("mcg/kg/min", 0.1, {}, 0.01008),  # 0.1 ug x 70 kg x 1440 min
        ("mg/kg/h", 0.5, {}, 0.84),  # 0.5 mg x 70 kg x 24 h
        ("ng/kg/min", 100.0, {}, 0.01008),
        ("mL/h", 20.0, {"concentration_g_per_l": G_PER_L}, 0.03072),  # 480 mL x 64 ug
        ("mL/h", 20.0, {}, None),  # a volume of nobody knows what
        ("units/h", 2.4, {}, None),  # units of activity are no grams
        ("mg", 10.0, {}, 0.01),  # no rate: given at once
        (None, 10.0, {}, None),
    ],
)
def test_an_open_rate_runs_as_long_as_the_study_says(
    tmp_path: Path, unit: str | None, dose: float, more: dict[str, Any], expected: float | None
) -> None:
    folder = drawn(tmp_path / "x", event("03-02 09:00", dose, unit, **more))
    assert grams(folder, plan(24)) == [expected]
    charted = {"mg": 0.01}
    assert grams(folder, plan(None)) == [charted.get(str(unit))]
    with opened(folder, plan(24)) as db:
        (row,) = db.rows("SELECT end_assumed, stopped_at FROM resolved.medication")
    is_rate = "/" in str(unit)
    assert row == (is_rate, at("03-03 09:00") if is_rate else None)


RATE = (60.0, "mg/h")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # charted anew after 6 h: 360 mg; the last runs 24 h
        ([("03-02 09:00", *RATE), ("03-02 15:00", *RATE)], [0.36, 1.44]),
        # a pause (a rate of 0) and a stop end it
        ([("03-02 09:00", *RATE), ("03-02 11:00", 0.0, "mg/h")], [0.12]),
        ([("03-02 09:00", *RATE), ("03-02 10:30", None, None, STOP)], [0.09]),
        # a push between ends nothing, and is its amount
        (
            [
                ("03-02 09:00", *RATE),
                ("03-02 10:00", 10.0, "mcg"),
                ("03-02 13:00", None, None, STOP),
            ],
            [0.24, 0.00001],
        ),
        # what nobody knows whether it is a rate is charted anew
        ([("03-02 09:00", *RATE), ("03-02 10:00", 5.0, None)], [0.06, None]),
        # later than the limit; the end of the stay (03-09 12:00) before it
        ([("03-02 09:00", *RATE), ("03-04 09:00", *RATE)], [1.44, 1.44]),
        ([("03-09 06:00", *RATE)], [0.36]),
        # an order is nothing; an end of its own stays
        ([("03-02 09:00", *RATE), ("03-02 10:00", *RATE, {"status": "not_given"})], [1.44]),
        ([("03-02 09:00", *RATE, {"stopped_at": at("03-04 09:00")})], [2.88]),
        # stopped early, nobody knows when
        ([("03-02 09:00", *RATE, STOP)], [None]),
        # two lines at one moment
        ([("03-02 09:00", *RATE), ("03-02 09:00", 30.0, "mg/h")], [1.44, 0.72]),
    ],
)
def test_what_ends_an_open_rate(
    tmp_path: Path, events: Sequence[tuple[Any, ...]], expected: list[float | None]
) -> None:
    rows = [event(*one[:3], **(one[3] if len(one) > 3 else {})) for one in events]
    assert grams(drawn(tmp_path / "x", *rows), plan(24)) == pytest.approx(expected, abs=1e-12)


def test_another_drug_and_another_route_stay_open(tmp_path: Path) -> None:
    other = {"drug_code": "C01CA24", "drug_name": "epinephrine"}
    folder = drawn(
        tmp_path / "x",
        event("03-02 09:00", *RATE),
        event("03-02 10:00", *RATE, **other),
        event("03-02 10:00", *RATE, route="po"),
    )
    with opened(folder, plan(24)) as db:
        found = db.rows("SELECT end_assumed, stopped_at FROM resolved.medication ORDER BY ALL")
    assert found == [(False, None), (False, None), (True, at("03-03 09:00"))]


@pytest.mark.parametrize(("hours", "ends"), [(6.0, "03-02 15:00"), (None, "03-02 10:00")])
def test_scores_and_shock_read_the_same_end(tmp_path: Path, hours: float | None, ends: str) -> None:
    """Without the key a rate without an end counts for the hour that scores assume."""
    folder = drawn(tmp_path / "x", event("03-02 09:00", 0.2, "mcg/kg/min"))
    with opened(folder, plan(hours)) as db:
        db.view("medication", "SELECT * FROM resolved.medication")
        db.view("admission", "SELECT * FROM resolved.admission")
        db.view("eligible", "SELECT * FROM resolved.admission")
        db.view("score_anchor", "SELECT admission_id, admitted_at AS anchor_at FROM admission")
        db.table("score_span", concept("score_span"), {"days": None})
        (row,) = db.rows(concept("vasoactive").text)
    assert row[3:] == (at("03-02 09:00"), at(ends), 0.2)


def test_hospitals_that_are_read_together_have_the_same_ends(tmp_path: Path) -> None:
    folder = drawn(tmp_path / "x", event("03-02 09:00", *RATE))
    rows = pl.read_parquet(folder / "medication" / "hospital_id=A" / "part.parquet")
    asked = plan(6)
    for table in folder.iterdir():
        shutil.copytree(table / "hospital_id=A", table / "hospital_id=B")
    later = rows.with_columns(started_at=pl.lit(at("03-02 11:00")))
    pl.concat([rows, later]).write_parquet(folder / "medication/hospital_id=B/part.parquet")
    source = extract.inspect(folder, asked)
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, ["A", "B"], asked, keep=True)
        found = db.rows(
            "SELECT hospital_id, stopped_at, end_assumed FROM resolved.medication ORDER BY ALL"
        )
    assert found == [
        ("A", at("03-02 15:00"), True),
        ("B", at("03-02 11:00"), True),
        ("B", at("03-02 17:00"), True),
    ]


def test_the_coverage_says_what_is_assumed() -> None:
    def label(asked: Study) -> str:
        rows = dosing_variables(asked, pl.DataFrame())
        return next(one.label for one in rows if one.name == "dose_coverage")

    assert label(plan(24)) == f"{label(plan(None))}; rates without an end: 24 h at most"


@pytest.mark.parametrize(("hours", "ended"), [(None, 0), (6.0, 1)])
def test_the_rehearsal_takes_an_end_that_the_study_declares(
    tmp_path: Path, hours: float | None, ended: int
) -> None:
    folder = drawn(tmp_path / "x", event("03-02 08:00", 0.1, "ug/kg/min"))
    report = layout_check.check("native", folder, plan(hours))
    (found,) = (one for one in report.codes if one.what == "end of a rate")
    assert (found.rows, found.understood) == (1, ended)
