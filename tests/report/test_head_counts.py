"""Who is counted at the head of the page and at the foot of the flow chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.report import head_counts
from ehrivig.report.table import RunTables
from ehrivig.study import load

LIU = load("ivig_covid19")  # counts of 1 to 4 are small


def told(
    folder: Path,
    exposed: int,
    control: int,
    sets: list[int] | None,
    numbers: dict[str, Any] | None = None,
    *,
    rounded: int = 0,
) -> dict[str, str]:
    """The words of a run; `sets`: the controls of each matched exposed."""
    cohort = pl.DataFrame({"exposed": [True] * exposed + [False] * control})
    cohort.write_parquet(folder / "cohort.parquet")
    if sets is not None:
        rows = [
            (number, given)
            for number, controls in enumerate(sets)
            for given in (True, *[False] * controls)
        ]
        schema = {"pair_id": pl.Int64, "exposed": pl.Boolean}
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(folder / "matched.parquet")
    report = LIU.report.model_copy(update={"counts_rounded_to": rounded})
    study = LIU.model_copy(update={"report": report})
    return head_counts.numbers(RunTables(folder, folder), study, {"numbers": numbers or {}})


def test_pairs_of_one_control_each(tmp_path: Path) -> None:
    found = told(tmp_path, 1421, 429, [1] * 220)
    assert found == {
        "cohort": "1,850",
        "exposed": "1,421",
        "control": "429",
        "pairs": "220",
        "matched_control": "220",
        "unmatched": "1,201 and 209",
    }
    assert head_counts.arms(found, "IVIG") == {
        "IVIG": "1,421",
        "no IVIG": "429",
        "IVIG, matched": "220",
        "no IVIG, matched": "220",
    }


def test_with_several_controls_each_the_matched_controls_are_counted(tmp_path: Path) -> None:
    found = told(tmp_path, 60, 140, [2, 1, *[2] * 38])
    assert (found["pairs"], found["matched_control"]) == ("40", "79")
    assert found["unmatched"] == "20 and 61"
    assert head_counts.arms(found, "IVIG")["no IVIG, matched"] == "79"


@pytest.mark.parametrize(
    ("exposed", "control", "sets", "pairs", "matched_control"),
    [
        (60, 140, [1] * 57, "57", "57"),  # three exposed are left: the pairs are the manifest's
        (60, 140, [1] * 3, "few", "few"),
        (60, 80, [2] * 39, "39", "not shown"),  # two controls are left
    ],
)
def test_of_few_it_is_not_told_how_many_are_in_no_pair(
    exposed: int, control: int, sets: list[int], pairs: str, matched_control: str, tmp_path: Path
) -> None:
    found = told(tmp_path, exposed, control, sets)
    assert (found["pairs"], found["matched_control"]) == (pairs, matched_control)
    assert found["unmatched"] == "not shown"


def test_what_the_manifest_hides_is_not_shown(tmp_path: Path) -> None:
    found = told(tmp_path, 60, 140, [1] * 40, {"pairs": None})
    assert {found[name] for name in ("pairs", "matched_control", "unmatched")} == {"not shown"}
    assert found["exposed"] == "60"


def test_arms_of_few_people(tmp_path: Path) -> None:
    found = told(tmp_path, 4, 140, [1] * 4)
    assert (found["cohort"], found["exposed"], found["control"]) == ("144", *["not shown"] * 2)
    assert found["unmatched"] == "not shown"


def test_counts_are_rounded_as_the_study_says(tmp_path: Path) -> None:
    found = told(tmp_path, 63, 142, [1] * 41, rounded=5)
    assert found["cohort"] == "205"
    assert (found["pairs"], found["unmatched"]) == ("40", "20 and 100")


def test_nobody_to_tell_of(tmp_path: Path) -> None:
    empty = head_counts.numbers(RunTables(tmp_path, tmp_path), LIU, {})
    assert set(empty.values()) == {"not counted"}
    run = RunTables(tmp_path, tmp_path)
    assert head_counts.unmatched(run, empty) == ""
    assert head_counts.unmatched(run, told(tmp_path, 30, 40, None)) == ""  # nobody was matched
    assert head_counts.unmatched(run, told(tmp_path, 40, 40, [1] * 40)) == ""  # everybody was


def test_why_some_are_in_no_pair(tmp_path: Path) -> None:
    run = RunTables(tmp_path, tmp_path)
    found = told(tmp_path, 60, 140, [1] * 40)
    assert head_counts.unmatched(run, found) == (
        "Not matched: 20 and 100\nno partner in the caliper"
    )
    table = "diagnostic,value\noverlap,0.99\nmissing_covariates,0.0071\n"
    (tmp_path / "diagnostics.csv").write_text(table)
    assert head_counts.unmatched(run, found) == (
        "Not matched: 20 and 100\nno partner in the caliper\nor a matching variable missing (0.7%)"
    )
    (tmp_path / "diagnostics.csv").write_text(table.replace("0.0071", "0.0"))
    assert head_counts.unmatched(run, found).endswith("caliper")
