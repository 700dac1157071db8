"""Why an admission counts as it does: from the rows of its run, in words."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.errors import UsageError
from ehrivig.results.why import lines, why

AT = datetime(2020, 3, 1, 8, 30)
LATER = datetime(2020, 3, 2)
STEPS = ("candidates", "adult", "confirmed", "first", "severe")


def rows(*values: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"hospital_id": "A", **row} for row in values], infer_schema_length=None)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Admissions 1 (exposed), 2 (not severe), 3 (not confirmed: unknown), 4 (a later stay)."""
    folder = tmp_path / "out"
    (folder / "hospitals").mkdir(parents=True)
    (folder / "quarantine").mkdir()
    (folder / "manifest.json").write_text(json.dumps({"study": "s", "message": "done"}))
    steps = [{"step": n, "criterion": c, "label": c.title()} for n, c in enumerate(STEPS)]
    pl.DataFrame([{"hospital_id": h, **s} for h in ("A", "all") for s in steps]).write_csv(
        folder / "attrition.csv"
    )
    stays = [{"admission_id": n, "patient_id": 9, "admitted_at": AT} for n in (1, 2, 3, 4)]
    judged = [
        {"name": name, "admission_id": n, "met": met, "first_at": AT if met else None}
        for name, n, met in (
            *(("adult", n, True) for n in (1, 2, 3, 4)),
            *(("confirmed", 1, True), ("confirmed", 2, True), ("confirmed", 3, None)),
            *(("confirmed", 4, True), ("severe", 1, True), ("severe", 2, False)),
        )
    ]
    one = {"admission_id": 1}
    tables = {
        "hospitals/screened": rows(*stays),
        "hospitals/criterion": rows(*judged),
        "hospitals/baseline": rows(one | {"age": 67.0, "copd": False, "sofa": None}),
        "hospitals/outcomes": rows(one | {"death_28d": True}),
        "hospitals/scope": rows(one | {"table": "lab", "n_rows": 1200}),
        "cohort": rows(one | {"exposed": True}),
        "analysis": rows(one | {"exposed": True, "time_zero": AT, "eligible_at": LATER}),
        "dosing": rows(one | {"total_g": 15.5}),
        "courses": rows(one | {"course": 1, "total_g": 15.5}),
        "matched": rows(
            *({"admission_id": n, "pair_id": p, "weight": 1.0} for n, p in ((1, 7), (8, 7)))
        ),
        "quarantine/admission": rows({"admission_id": 5, "reason": "a time after the extract"}),
        "quarantine/lab": rows(*(one | {"reason": "a value nobody has"},) * 2),
    }
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def told(run: Path, admission: str) -> dict[str, dict[str, str]]:
    return {one.heading: dict(one.lines) for one in why(run, "A", admission)}


def test_somebody_in_the_cohort(run: Path) -> None:
    found = told(run, "1")
    assert found["Criteria"] == {
        **dict.fromkeys(("Adult", "Confirmed", "Severe"), f"yes, since {AT}"),
        **{"First": "yes: judged among all stays that meet the others", "In the cohort": "yes"},
    }
    assert found["Time zero"] == {"time_zero": str(AT), "eligible_at": str(LATER)}
    assert found["Exposure"] == {"exposed": "yes", "total_g": "15.5"}
    assert found["Course 1"] == {"total_g": "15.5"}
    assert found["Covariates"] == {"age": "67", "copd": "no", "sofa": "unknown"}
    assert found["Outcomes"] == {"death_28d": "yes"}
    assert found["Matching"] == {"pair_id": "7", "weight": "1", "others in it": "1"}
    assert found["Rows that the study reads"] == {"lab": "1,200"}
    assert found["Rows set aside"] == {"lab: a value nobody has": "2"}


@pytest.mark.parametrize(
    ("admission", "last", "answer"),
    [
        ("2", "Severe", "no"),
        ("3", "Confirmed", "unknown"),
        ("4", "Severe", "no: judged among all stays that meet the others"),
    ],
)
def test_somebody_who_is_not(run: Path, admission: str, last: str, answer: str) -> None:
    found = told(run, admission)
    assert list(found) == ["Stay", "Criteria"]
    *_, (name, said), end = found["Criteria"].items()
    assert (name, said) == (last, answer)
    assert end == ("In the cohort", "no")


def test_what_is_judged_among_all_stays(run: Path) -> None:
    """A stay that meets the rest is out for it; of one that does not, nobody asked."""
    said = ": judged among all stays that meet the others"
    assert [told(run, n)["Criteria"].get("First") for n in "1234"] == [
        *(f"yes{said}", f"not told here{said}", None, f"no{said}"),
    ]


def test_a_stay_that_the_gate_set_aside(run: Path) -> None:
    said = lines(why(run, "A", "5"))
    assert said == ["Set aside by the data gate", "  admission  a time after the extract"]


def test_a_stay_that_nobody_knows(run: Path) -> None:
    for hospital, admission in (("A", "6"), ("B", "1")):
        with pytest.raises(UsageError, match="no admission"):
            why(run, hospital, admission)
    (run / "hospitals" / "screened.parquet").unlink()
    with pytest.raises(UsageError, match="keeps no row of an admission"):
        why(run, "A", "1")


def test_lines_stand_under_their_headings(run: Path) -> None:
    said = lines(why(run, "A", "1"))
    assert said[0] == "Stay"
    assert said[1] == f"  admitted_at  {AT}"
    assert said.count("") == len(why(run, "A", "1")) - 1
    assert not any("patient_id" in line for line in said)
