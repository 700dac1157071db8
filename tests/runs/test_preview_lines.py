"""What a preview tells of its counts, and which of them it hides; small is below ten."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from drawn_study import BEGIN, parsed

from ehrivig.runs import preview_lines
from ehrivig.runs.preview import Preview
from ehrivig.study import Study
from ehrivig.validate.unused_mappings import Unused

PLAN = """
[[exposure.bands]]
name = "dose"
feature = "total_g"
cut = 50
low_label = "less"
high_label = "more"
[extract]
extract_date = 2020-06-30
[outcomes]
primary = "death_28d"
variables = [{ name = "death_28d", label = "Death", from = "death", within_days = 28 }]
[covariates]
window_hours = [-24, 24]
variables = [
  { name = "age", label = "Age", from = "age" },
  { name = "male", label = "Male", from = "male" },
]
[match]
covariates = ["age"]
[report]
smallest_cell = 10
"""


@pytest.fixture(scope="module")
def plan() -> Study:
    return parsed(BEGIN + PLAN)


def found(plan: Study, steps: list[tuple[int, int]], **people: list[Any]) -> Preview:
    """A preview: persons and admissions excluded at each step, and the cohort by columns."""
    attrition = pl.DataFrame(
        {
            "hospital_id": ["all"] * len(steps) + ["A"],
            "step": [*range(len(steps)), 0],
            "criterion": [f"c{n}" for n in range(len(steps))] + ["c0"],
            "label": [f"Step {n}" for n in range(len(steps))] + ["of A"],
            "patients": [persons for persons, _ in steps] + [1],
            "excluded": [excluded for _, excluded in steps] + [1],
        }
    )
    columns = {"exposed": [], "band_dose": [], "age": [], "male": []} | people
    schema = {"exposed": pl.Boolean, "band_dose": pl.String, "age": pl.Float64, "male": pl.Boolean}
    return Preview(plan, attrition.reverse(), pl.DataFrame(columns, schema=schema), {})


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([(100, 0), (80, 20)], [(100, 0), (80, 20)]),
        ([(100, 0), (80, 9)], [(100, 0), (80, None)]),  # few are excluded
        ([(100, 0), (80, 10)], [(100, 0), (80, 10)]),
        # nine are lost from 80 to 71: 80 is hidden, and what 100 less 71 would tell of it
        ([(100, 0), (80, 20), (71, 30)], [(100, 0), (None, None), (71, None)]),
        ([(100, 0), (80, 20), (70, 30)], [(100, 0), (80, 20), (70, 30)]),
        ([(100, 0), (80, 20), (80, 0)], [(100, 0), (80, 20), (80, 0)]),
        ([(75, 0), (73, 20), (70, 30)], [(None, None), (None, None), (70, None)]),
        ([(20, 0), (10, 20), (9, 30)], [(20, 0), (10, 20), (None, None)]),
        ([(20, 0), (0, 20)], [(20, 0), (0, 20)]),
        ([(5, 0)], [(None, None)]),
    ],
)
def test_steps_that_would_tell_how_few_were_lost_are_hidden(
    plan: Study, steps: list[tuple[int, int]], told: list[tuple[int | None, int | None]]
) -> None:
    rows = preview_lines.records(found(plan, steps))["criteria"]
    assert [(row["persons"], row["excluded"]) for row in rows] == told
    assert [row["label"] for row in rows][:2] == ["Admissions as they are read", "Step 1"][
        : len(rows)
    ]


def test_arms_bands_and_covariates_are_counted_and_a_small_part_hides_another(plan: Study) -> None:
    people = {
        "exposed": [True] * 40 + [False] * 15 + [None] * 5,
        "band_dose": ["low"] * 12 + ["high"] * 20 + [None] * 8 + ["low"] * 20,
        "age": [50.0] * 45 + [None] * 15,
        "male": [True] * 30 + [False] * 20 + [None] * 10,
    }
    told = preview_lines.records(found(plan, [(60, 0)], **people))
    assert told["exposure"] == {"exposed": 40, "unexposed": 20}
    (band,) = told["bands"]  # of the exposed; of 8 in neither the smallest other part would tell
    assert (band["low"], band["high"], band["neither"]) == (None, 20, None)
    assert (band["label"], band["remark"]) == ("less | more", "")
    age, male = told["covariates"]
    assert (age["counts"], male["counts"]) == ([45, 15], [30, 20, 10])
    assert (age["remark"], male["remark"]) == ("", "")


@pytest.mark.parametrize(
    ("people", "bands", "age", "male"),
    [
        (  # nobody in one of two groups
            {"exposed": [True] * 20, "band_dose": ["high"] * 20, "age": [1.0] * 20,
             "male": [False] * 20},
            "a group without anybody", "", "nobody",
        ),
        (
            {"exposed": [True] * 20, "band_dose": [None] * 20, "age": [None] * 20,
             "male": [None] * 20},
            "", "unknown for everybody", "unknown for everybody",
        ),
        ({}, "", "", ""),
    ],
)  # fmt: skip
def test_what_tells_nobody_apart_is_remarked(
    plan: Study, people: dict[str, list[Any]], bands: str, age: str, male: str
) -> None:
    told = preview_lines.records(found(plan, [(20, 0)], **people))
    assert [one["remark"] for one in told["bands"]] == [bands]
    assert [one["remark"] for one in told["covariates"]] == [age, male]


@pytest.mark.parametrize(
    ("exposed", "remark"),
    [([True] * 20, "everybody"), ([False] * 20, "nobody"), ([True, False] * 20, "")],
)
def test_the_lines_of_a_preview(plan: Study, exposed: list[bool], remark: str) -> None:
    n = len(exposed)
    people = {"exposed": exposed, "band_dose": ["low"] * n, "age": [1.0] * n, "male": [True] * n}
    given = found(plan, [(1234, 0), (n, 9)], **people)
    given = Preview(
        given.study, given.attrition, given.people, {"B": "no file."}, "Why.",
        (Unused("A", "unit.(1)", "It changes nothing."),),
    )  # fmt: skip
    lines = preview_lines.lines(given)
    assert lines[0].endswith("counts under 10 are hidden.")
    assert [line for line in lines if line.startswith("criteria")]
    by_label = {line[2:64].strip(): line[64:].split() for line in lines if line.startswith("  ")}
    assert by_label["Admissions as they are read"] == ["1,234", "0"]
    assert by_label["Step 1"] == [f"{n}", "hidden"]
    arm = by_label["In the cohort"]
    assert arm[:2] == [str(sum(exposed)), str(n - sum(exposed))]
    assert arm[2:] == (["<-", remark] if remark else [])
    assert by_label["Age"] == [f"{n}", "0"]
    assert "  Why." in lines
    assert lines[-2:] == ["hospital B was left out: no file.", "warning: It changes nothing."]
