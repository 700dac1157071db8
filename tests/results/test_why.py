"""Why an admission counts as it does: from the rows of its run, in words."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
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
    (folder / "quarantine" / "values").mkdir(parents=True)
    manifest = {"study": "s", "message": "done", "hospitals": ["A", "B"], "dropped_hospitals": []}
    variables = {"covariates": {"variables": [{"name": "age", "unit": "y", "from": "age"}]}}
    content = json.dumps(manifest | {"study_file": variables})
    (folder / "manifest.json").write_text(content)
    steps = [{"step": n, "criterion": c, "label": c.title()} for n, c in enumerate(STEPS)]
    pl.DataFrame([{"hospital_id": h, **s} for h in ("A", "all") for s in steps]).write_csv(
        folder / "attrition.csv"
    )
    stays = [
        {"admission_id": n, "patient_id": 9, "person_id": person, "admitted_at": at}
        for n, person, at in ((1, "p", AT), (2, "q", AT), (3, "r", AT), (4, "p", LATER))
    ]
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
        "hospitals/outcomes": rows(one | {"death_28d": None, "stay_end": 1}),
        "hospitals/scope": rows(one | {"table": "lab", "n_rows": 1200}),
        "cohort": rows(one | {"exposed": True}),
        "analysis": rows(
            one
            | {"exposed": True, "time_zero": AT, "eligible_at": LATER, "total_g": 15.5}
            | {"age": 67.0, "copd": False, "sofa": None, "death_28d": True, "stay_end": 1}
        ),
        "dosing": rows(one | {"total_g": 15.5, "dose_complete": False}),
        "courses": rows(one | {"course": 1, "total_g": 15.5}),
        "matched": rows(
            *({"admission_id": n, "pair_id": p, "weight": 1.0} for n, p in ((1, 7), (8, 7)))
        ),
        "quarantine/admission": rows({"admission_id": 5, "reason": "a time after the extract"}),
        "quarantine/lab": rows(*(one | {"reason": "unlikely", "value": v} for v in (9, 8))),
        "quarantine/values/medication": rows(one | {"reason": "no number", "drug_name": "=1+1"}),
    }
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def told(run: Path, admission: str) -> dict[str, dict[str, str]]:
    return {one.heading: dict(one.lines) for one in why(run, "A", admission)}


def test_a_stay_of_a_run_that_the_gate_blocked_is_judged_without_a_cohort(run: Path) -> None:
    """The hospitals were read before the whole extract was refused: there is no flow chart."""
    (run / "attrition.csv").unlink()
    for name in ("cohort", "analysis", "dosing", "courses", "matched"):
        (run / f"{name}.parquet").unlink()
    manifest = json.loads((run / "manifest.json").read_text())
    criteria = [{"name": name, "label": name.title()} for name in STEPS[1:]]
    manifest["study_file"]["cohort"] = {"criteria": criteria}
    (run / "manifest.json").write_text(json.dumps(manifest | {"exit_code": 3}))
    said = told(run, "1")["Criteria"]
    assert said["Severe"].startswith("yes")
    assert said["In the cohort"] == "no: the data gate blocked the run, which has no cohort"
    assert told(run, "2")["Criteria"]["Severe"] == "no"


def test_somebody_in_the_cohort(run: Path) -> None:
    found = told(run, "1")
    assert found["Criteria"] == {
        **dict.fromkeys(("Adult", "Confirmed", "Severe"), f"yes, since {AT}"),
        **{"First": "yes: the first of 2 of the person that meet what is asked before"},
        "In the cohort": "yes",
    }
    assert found["Time zero"] == {"time_zero": str(AT), "eligible_at": str(LATER)}
    assert found["Exposure"] == {
        **{"exposed": "yes", "total_g": "15.5 g", "dose_complete": "no"},
        "amounts": "lower bounds: not every administration has a known amount",
    }
    assert found["Course 1"] == {"total_g": "15.5 g"}
    assert found["Covariates"] == {"age": "67 y", "copd": "no", "sofa": "unknown"}
    assert found["Outcomes"] == {"death_28d": "yes", "stay_end": "died"}  # as the models read it
    pair = {"pair_id": "7", "weight": "1", "matched with": "8 of A, score unknown"}
    assert found["Matching"] == pair
    assert found["Rows that the study reads"] == {"lab": "1,200"}


def test_rows_that_were_set_aside_and_values_that_were_taken_away(run: Path) -> None:
    said = lines(why(run, "A", "1"))
    start = said.index("Rows of lab set aside")
    assert said[start + 1 : start + 3] == [f"  unlikely  value {v}" for v in (9, 8)]
    assert said[-5:-3] == ["Values of medication taken away", "  no number  drug_name =1+1"]


@pytest.mark.parametrize(
    ("admission", "last", "answer"),
    [
        ("2", "Severe", "no"),
        ("3", "Confirmed", "unknown"),
        ("4", "First", "no: stay 1 is the first of 2 of the person that meet what is asked before"),
    ],
)
def test_somebody_who_is_not(run: Path, admission: str, last: str, answer: str) -> None:
    found = told(run, admission)
    assert list(found) == ["Stay", "Criteria", "Not kept in the run"]
    *_, (name, said), end = found["Criteria"].items()
    assert (name, said) == (last, answer)
    assert end[1].partition(":")[0] == "no"


def test_a_hospital_that_the_gate_left_out(run: Path) -> None:
    """Its stays were judged, and nobody of it is in the cohort."""
    path = run / "manifest.json"
    content = json.loads(path.read_text()) | {"dropped_hospitals": ["A"]}
    path.write_text(json.dumps(content))
    found = told(run, "4")["Criteria"]
    assert found["In the cohort"] == "no: the data gate left the hospital out"
    assert found["First"].startswith("not asked")
    (run / "hospitals" / "screened.parquet").unlink()
    said = lines(why(run, "A", "2"))
    assert said[0] == "Not judged"
    assert "left the hospital out" in said[1]


def test_a_check_judges_nobody(run: Path) -> None:
    (run / "hospitals" / "screened.parquet").unlink()
    found = told(run, "1")
    assert list(found) == ["Not judged", "Rows of lab set aside", "Values of medication taken away"]
    assert found["Not judged"]["the run"].startswith("it only checked the data")
    assert "no row of this admission was set aside" in told(run, "2")["Not judged"]["the run"]


def test_without_dates_a_moment_is_a_span_since_the_admission(run: Path) -> None:
    """In the tables of hospitals spans are since another origin, of a second stay years after."""
    began = timedelta(days=1461)
    stays = pl.read_parquet(run / "hospitals/screened.parquet")
    spans = pl.lit(began).alias("admitted_at")
    stays.with_columns(spans).write_parquet(run / "hospitals/screened.parquet")
    judged = pl.read_parquet(run / "hospitals/criterion.parquet")
    since = pl.lit(began + timedelta(hours=30)).alias("first_at")
    judged.with_columns(since).write_parquet(run / "hospitals/criterion.parquet")
    found = told(run, "1")
    assert found["Stay"] == {"admitted_at": "at the admission"}
    assert found["Criteria"]["Adult"] == "yes, since 1 day, 6:00:00 after the admission"


def test_nobody_knows_whether_the_drug_was_given(run: Path) -> None:
    """The last step of a flow chart, which no hospital judges and which is none of the first."""
    steps = pl.read_csv(run / "attrition.csv")
    last = {"hospital_id": "all", "step": 9, "criterion": "exposure_known", "label": "Known"}
    pl.concat([steps, pl.DataFrame([last])]).write_csv(run / "attrition.csv")
    dosing = rows(*({"admission_id": n, "ivig_any": a} for n, a in ((1, True), (2, None))))
    dosing.write_parquet(run / "hospitals/dosing.parquet")
    judged = pl.read_parquet(run / "hospitals/criterion.parquet")
    judged.with_columns(pl.lit(True).alias("met")).write_parquet(
        run / "hospitals/criterion.parquet"
    )
    assert told(run, "1")["Criteria"]["Known"] == "yes"
    assert told(run, "2")["Criteria"]["Known"].startswith("no: the hospital sends no admin")


def test_a_stay_that_the_gate_set_aside(run: Path) -> None:
    said = lines(why(run, "A", "5"))
    assert said[:2] == ["Set aside by the data gate", "  admission  a time after the extract"]


def test_an_admission_that_only_other_tables_name(run: Path) -> None:
    lost = rows({"admission_id": 77, "reason": "an admission that nobody has"})
    lost.write_parquet(run / "quarantine/vital.parquet")
    assert list(told(run, "77")) == ["No such admission", "Rows of vital set aside"]


def test_a_stay_that_nobody_knows(run: Path) -> None:
    for admission, hospital, said in (
        ("6", "A", r"no admission '6' in hospital 'A'"),
        ("1", "B", r"no admission '1' in hospital 'B'"),
        ("1", "x' OR 1=1", r"no hospital .* \(there are: A, B\)"),
    ):
        with pytest.raises(UsageError, match=said):
            why(run, hospital, admission)
    for name in ("hospitals", "quarantine"):
        shutil.rmtree(run / name)
    with pytest.raises(UsageError, match="keeps no row of an admission"):
        why(run, "A", "1")


def test_lines_stand_under_their_headings(run: Path) -> None:
    said = lines(why(run, "A", "1"))
    assert said[0] == "Stay"
    assert said[1] == f"  admitted_at  {AT}"
    assert said.count("") == len(why(run, "A", "1")) - 1
    assert not any("patient_id" in line for line in said)
