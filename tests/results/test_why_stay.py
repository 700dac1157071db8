"""Why a stay is in the cohort or not, and how it counts: tables of a run drawn by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from ehrivig.results.run import Run
from ehrivig.results.why.counted import counted
from ehrivig.results.why.criteria import criteria
from ehrivig.results.why.kept import Kept

JAN = datetime(2020, 1, 1)
STAYS = [
    *(("A", 1, "p1", "x", 0), ("A", 2, "p1", "x", 9), ("B", 3, "p1", "x", 5)),
    *(("B", 4, "p4", "y", 0), ("C", 1, "p9", "x", 1)),
]
"""Hospital, admission, patient, person and day of admission: four stays of x, one of y."""
FLOW = [("adults", "Adults"), ("ill", "Severely ill"), ("first", "First stay")]
FLOW += [("exposure_known", "Exposure known")]


def run_of(folder: Path, **manifest: Any) -> Any:
    """A run in which everybody is adult and ill, but stay 1 of A, of whom it is not known."""
    (folder / "hospitals").mkdir(parents=True)
    names = ("hospital_id", "admission_id", "patient_id", "person_id", "day")
    stays = pl.DataFrame(STAYS, schema=names, orient="row")
    admitted = (pl.lit(JAN) + pl.duration(days="day")).alias("admitted_at")
    write(folder, "hospitals/screened", stays.with_columns(admitted).drop("day"))
    judged = [
        {"hospital_id": h, "admission_id": a, "name": name, "met": met, "first_at": None}
        for h, a, *_ in STAYS
        for name, met in (("adults", True), ("ill", None if (h, a) == ("A", 1) else True))
    ]
    seen = pl.DataFrame(judged, schema_overrides={"first_at": pl.Datetime, "met": pl.Boolean})
    at = pl.when(pl.col("name") == "ill").then(pl.lit(JAN + timedelta(hours=30))).alias("first_at")
    write(folder, "hospitals/criterion", seen.with_columns(at))
    flow = [(h, n, *row) for h in ("all", "A") for n, row in enumerate([("read", "Read"), *FLOW])]
    flow = pl.DataFrame(flow, ("hospital_id", "step", "criterion", "label"), orient="row").reverse()
    return SimpleNamespace(
        folder=folder, tables=["attrition"], attrition=flow, manifest=manifest, matched=None
    )


def write(folder: Path, name: str, frame: pl.DataFrame) -> None:
    frame.write_parquet(folder / f"{name}.parquet")


def said(run: Any, hospital: str, admission: str) -> list[tuple[str, str]]:
    return criteria(Kept(cast(Run, run), hospital, admission)).lines


@pytest.mark.parametrize("exposed", [True, False])
def test_the_first_stay_that_meets_what_is_asked_before_is_in_the_cohort(
    exposed: bool, tmp_path: Path
) -> None:
    """Of four stays of one person the earliest is not known to be ill; the next is in another
    hospital, whose stay with the same number it is not."""
    run = run_of(tmp_path)
    write(
        tmp_path,
        "hospitals/dosing",
        pl.DataFrame([{"hospital_id": "C", "admission_id": 1, "ivig_any": exposed}]),
    )
    assert said(run, "C", "1") == [
        ("Adults", "yes"),
        ("Severely ill", "yes, since 2020-01-02 06:00:00"),
        ("First stay", "yes: the first of 3 of the person that meet what is asked before"),
        ("Exposure known", "yes"),
        ("In the cohort", "yes"),
    ]


def test_a_later_stay_is_told_which_is_the_first(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    of = "of 3 of the person that meet what is asked before"
    assert said(run, "A", "2")[2:] == [
        ("First stay", f"no: stay 1 of C is the first {of}"),
        ("In the cohort", "no"),
    ]
    run.manifest["dropped_hospitals"] = ["C"]
    of = of.replace("3", "2")
    assert said(run, "A", "2")[2:-1] == [("First stay", f"no: stay 3 of B is the first {of}")]
    assert said(run, "B", "3")[2] == ("First stay", f"yes: the first {of}")
    run.manifest["dropped_hospitals"] = ["B", "C"]
    assert said(run, "A", "2")[2] == ("First stay", "yes: the only one")
    assert said(run, "C", "1")[2:] == [
        ("First stay", "not asked: among the stays of the hospitals that the gate let pass"),
        (
            "Exposure known",
            "no: the hospital sends no administrations, or rows that nobody can read may be doses",
        ),
        ("In the cohort", "no: the data gate left the hospital out"),
    ]


def test_a_later_stay_of_the_same_hospital_is_told_without_it(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    frame = pl.read_parquet(tmp_path / "hospitals/criterion.parquet").with_columns(met=pl.lit(True))
    write(tmp_path, "hospitals/criterion", frame)
    of = "of 4 of the person that meet what is asked before"
    assert said(run, "A", "2")[2] == ("First stay", f"no: stay 1 is the first {of}")


def test_who_is_not_known_to_meet_a_criterion_is_left_out_there(tmp_path: Path) -> None:
    assert said(run_of(tmp_path), "A", "1") == [
        ("Adults", "yes"),
        ("Severely ill", "unknown"),
        ("In the cohort", "no: who is not known to meet a criterion is left out"),
    ]


def test_of_a_run_that_the_gate_blocked_the_study_has_the_criteria(tmp_path: Path) -> None:
    listed = [{"name": name, "label": label.upper()} for name, label in FLOW[:2]]
    run = run_of(tmp_path, exit_code=3, study_file={"cohort": {"criteria": listed}})
    run.tables = []
    assert said(run, "B", "4") == [
        ("ADULTS", "yes"),
        ("SEVERELY ILL", "yes, since 2020-01-02 06:00:00"),
        ("In the cohort", "no: the data gate blocked the run, which has no cohort"),
    ]
    run.manifest["study_file"] = None
    assert [name for name, _ in said(run, "B", "4")] == ["In the cohort"]


def test_a_run_without_criteria_takes_everybody(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    run.tables = []
    assert said(run, "B", "4") == [("In the cohort", "yes")]


def test_of_two_criteria_of_the_network_the_second_is_asked_of_the_first_stay(
    tmp_path: Path,
) -> None:
    run = run_of(tmp_path)
    again = pl.DataFrame(
        [("all", 9, "again", "First stay again")], schema=run.attrition.schema, orient="row"
    )
    run.attrition = pl.concat(
        [run.attrition.filter(pl.col("criterion") != "exposure_known"), again]
    )
    assert said(run, "C", "1")[2:] == [
        ("First stay", "yes: the first of 3 of the person that meet what is asked before"),
        ("First stay again", "yes: the only one"),
        ("In the cohort", "yes"),
    ]


def test_who_may_have_been_exposed_is_not_in_the_cohort(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    unknown = pl.DataFrame({"hospital_id": ["C"], "admission_id": [1], "ivig_any": [None]})
    write(tmp_path, "hospitals/dosing", unknown.with_columns(pl.col("ivig_any").cast(pl.Boolean)))
    assert [(name, words.partition(":")[0]) for name, words in said(run, "C", "1")[2:]] == [
        *(("First stay", "yes"), ("Exposure known", "no"), ("In the cohort", "no")),
    ]
    assert said(run, "C", "1")[-1] == ("In the cohort", "no")


def of_cohort(folder: Path, analysis: dict[str, Any], **other: Any) -> dict[str, dict[str, str]]:
    """What is said of stay 2 of A, in the cohort."""
    run = run_of(folder, study_file=other.pop("study", {}))
    keys = {"hospital_id": "A", "admission_id": 2, "patient_id": "p1", "person_id": "x"}
    write(folder, "analysis", pl.DataFrame([keys | analysis]))
    for name, rows in other.items():
        place = f"hospitals/{name}" if name == "baseline" else name
        write(folder, place, pl.DataFrame([keys | row for row in rows]))
    if "matched" in other:
        run.matched = pl.read_parquet(folder / "matched.parquet")
    found = counted(Kept(cast(Run, run), "A", "2"))
    return {one.heading: dict(one.lines) for one in found}


def test_somebody_of_the_cohort_by_time_zero_doses_covariates_and_outcomes(tmp_path: Path) -> None:
    study = {
        "covariates": {"variables": [{"name": "crp", "unit": "mg/L", "from": "lab"}]},
        "outcomes": {"variables": [{"name": "icu", "from": "icu_length_of_stay"}, {"name": "d"}]},
    }
    row = {"time_zero": JAN, "exposed": True, "band_high": False, "crp": 5.0, "crp_repeat": 7.5}
    row |= {"d": None, "icu": 3, "stay_end": 2, "clearance_status": 0, "days_to_death": 4}
    doses = {"n_administrations": 2, "total_g": 20.0, "dose_complete": False, "drug": "ivig"}
    course = {"course": 3, "started_on": 1, "stopped_on": 4, "n_administrations": 2}
    course |= {"n_usable": 2, "total_g": 20.0, "max_daily_g": 10.0, "hidden": "x"}
    found = of_cohort(
        tmp_path, row, study=study, dosing=[doses], baseline=[{"crp": 1.0}], courses=[course]
    )
    assert found == {
        "Time zero": {"time_zero": "2020-01-01 00:00:00"},
        "Exposure": {
            **{"exposed": "yes", "n_administrations": "2", "total_g": "20 g"},
            **{"dose_complete": "no", "drug": "ivig"},
            "amounts": "lower bounds: not every administration has a known amount",
            "band_high": "no",
        },
        "Course 3": {
            **{"started_on": "1", "stopped_on": "4", "n_administrations": "2", "n_usable": "2"},
            **{"total_g": "20 g", "max_daily_g": "10 g"},
        },
        "Covariates": {"crp": "5 mg/L"},
        "Repeated values": {"crp_repeat": "7.5 mg/L"},
        "Outcomes": {
            **{"d": "unknown", "icu": "3 days", "stay_end": "left alive"},
            **{"clearance_status": "censored", "days_to_death": "4 days"},
        },
        "Matching": {"pair": "not matched"},
    }


def test_of_somebody_without_a_dose_that_there_is_none(tmp_path: Path) -> None:
    doses = {"n_administrations": 0, "total_g": 0.0, "dose_complete": True}
    found = of_cohort(tmp_path, {"exposed": False, "band_high": None}, dosing=[doses])
    none = "none that counts: given, by a route of the study, in its window"
    assert found["Exposure"] == {"exposed": "no", "administrations": none}


@pytest.mark.parametrize(("partners", "more"), [(1, None), (10, None), (11, "1 more")])
def test_a_pair_and_those_in_it(partners: int, more: str | None, tmp_path: Path) -> None:
    pair = {"pair_id": 7, "propensity_score": 0.25, "weight": 1.0}
    others = [
        {**pair, "hospital_id": "B", "admission_id": 100 + n, "propensity_score": 0.3}
        for n in range(partners)
    ]
    stranger = {**pair, "hospital_id": "B", "admission_id": 999, "pair_id": 8}
    run = run_of(tmp_path)
    keys = {"hospital_id": "A", "admission_id": 2}
    write(tmp_path, "analysis", pl.DataFrame([keys | {"exposed": True}]))
    run.matched = pl.DataFrame([*others, keys | pair, stranger])
    write(tmp_path, "matched", run.matched)
    (match,) = (o for o in counted(Kept(run, "A", "2")) if o.heading == "Matching")
    lines = match.lines
    assert lines[:3] == [("pair_id", "7"), ("propensity_score", "0.25"), ("weight", "1")]
    assert lines[3] == ("matched with", "100 of B, score 0.3")
    assert [name for name, _ in lines].count("matched with") == min(partners, 10)
    assert lines[3 + min(partners, 10) :] == ([("and", more)] if more else [])


def test_nobody_of_the_cohort_does_not_count(tmp_path: Path) -> None:
    assert counted(Kept(run_of(tmp_path), "A", "2")) == []
