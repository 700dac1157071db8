"""Why, asked of each admission of a hospital: as cohort, analysis table and the demo's truth."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import polars as pl
from results.finished import finished

from ehrivig.results.why import lines, why

KEY = ["hospital_id", "admission_id"]
HOSPITAL = "B"


@cache
def every() -> dict[tuple[str, int], dict[str, dict[str, str]]]:
    stays = pl.read_parquet(finished()[2] / "hospitals/screened.parquet")
    return {
        (hospital, admission): {
            one.heading: dict(one.lines) for one in why(finished()[2], hospital, str(admission))
        }
        for hospital, admission in stays.select(KEY).iter_rows()
        if hospital == HOSPITAL
    }


def table(name: str) -> dict[tuple[str, int], dict[str, Any]]:
    rows = pl.read_parquet(finished()[2] / f"{name}.parquet").to_dicts()
    own = [row for row in rows if row["hospital_id"] == HOSPITAL]
    return {(row["hospital_id"], row["admission_id"]): row for row in own}


def test_who_is_in_the_cohort_and_at_which_criterion_the_others_leave() -> None:
    inside = {key for key, said in every().items() if said["Criteria"]["In the cohort"] == "yes"}
    assert inside == set(table("cohort"))
    last = Counter(list(said["Criteria"])[-2] for key, said in every().items() if key not in inside)
    flow = pl.read_csv(finished()[2] / "attrition.csv").filter(
        pl.col("hospital_id") == HOSPITAL, pl.col("excluded") > 0
    )
    assert dict(last) == dict(flow.select("label", "excluded").iter_rows())


def test_values_are_those_of_the_analysis_table() -> None:
    answers = {True: "yes", False: "no", None: "unknown"}
    for key, row in table("analysis").items():
        said = every()[key]
        assert said["Exposure"]["exposed"] == answers[row["exposed"]]
        assert said["Outcomes"]["death_28d"] == answers[row["death_28d"]]
        assert said["Covariates"]["age"] == f"{row['age']:g} y"
        assert ("n_administrations" in said["Exposure"]) == row["exposed"]
        if row["total_g"] is not None:
            assert said["Exposure"]["total_g"] == f"{row['total_g']:.6g} g"


def test_the_truth_of_the_demo() -> None:
    truth = pl.read_parquet(finished()[0] / "_truth/admission.parquet").cast(
        {"hospital_id": pl.String}
    )
    compared = 0
    for row in truth.filter(pl.col("hospital_id") == HOSPITAL).to_dicts():
        said = every()[row["hospital_id"], row["admission_id"]]
        assert (said["Criteria"]["In the cohort"] == "yes") == row["in_cohort"]
        if row["in_cohort"]:
            compared += 1
            assert said["Exposure"]["exposed"] == ("yes" if row["exposed"] else "no")
            assert said["Outcomes"]["death_28d"] == ("yes" if row["death_28d"] else "no")
    assert compared == len(table("cohort")) > 40


def test_every_row_in_quarantine_is_told_of_its_stay() -> None:
    told = Counter(
        (key, heading)
        for key, said in every().items()
        for heading in said
        if heading.endswith("set aside")
    )
    for name in ("lab", "vital", "medication"):
        rows = pl.read_parquet(finished()[2] / f"quarantine/{name}.parquet")
        known = [key for key in rows.select(KEY).unique().iter_rows() if key in every()]
        assert known
        assert all(told[key, f"Rows of {name} set aside"] for key in known)


def test_a_run_changes_nothing_by_being_asked() -> None:
    before = sorted(p for p in finished()[2].rglob("*"))
    (hospital, admission), *_ = every()
    assert lines(why(finished()[2], hospital, str(admission)))
    assert sorted(p for p in finished()[2].rglob("*")) == before
