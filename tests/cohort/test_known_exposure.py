"""The last step of a flow chart: who is known to be exposed, or not."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from ehrivig import cohort
from ehrivig.cohort.attrition import (
    ATTRITION_SCHEMA,
    admissions_read,
    empty_message,
    of_unknown_order,
)
from ehrivig.study import load

PLAN = load("ivig_covid19")
KEY = ["hospital_id", "admission_id"]


def step(number: int, hospital: str, admissions: int, excluded: int = 0) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(ATTRITION_SCHEMA)
    row |= {"step": number, "criterion": f"c{number}", "hospital_id": hospital}
    return row | {"admissions": admissions, "excluded": excluded, "excluded_not_measured": 1}


FLOW = pl.DataFrame(
    [step(n, name, 9 - n) for n in range(3) for name in ("A", "all")], schema=ATTRITION_SCHEMA
)
PEOPLE = pl.DataFrame(
    {
        "hospital_id": ["A", "A", "B", "B"],
        "admission_id": [1, 2, 1, 3],
        "person_id": ["p", "p", "q", "r"],
    }
)


def dosing(answers: list[bool | None]) -> pl.DataFrame:
    return PEOPLE.select(KEY).with_columns(pl.Series("ivig_any", answers, pl.Boolean))


def test_where_all_are_known_there_is_no_step() -> None:
    people, flow = cohort.of_known_exposure(PEOPLE, FLOW, dosing([True, False, False, True]), PLAN)
    assert people.equals(PEOPLE)
    assert flow.equals(FLOW)


def test_who_is_not_known_goes_in_a_last_step() -> None:
    """A stay of which nobody asked (no row of doses) is unknown as well."""
    given = dosing([True, None, False, True]).head(3)
    people, flow = cohort.of_known_exposure(PEOPLE, FLOW, given, PLAN)
    assert people.select(KEY).rows() == [("A", 1), ("B", 1)]
    last = flow.filter(pl.col("criterion") == "exposure_known")
    assert last["step"].to_list() == [3, 3, 3]
    columns = ["hospital_id", "admissions", "patients", "excluded", "excluded_not_measured"]
    assert last.select(columns).rows() == [
        ("A", 1, 1, 1, 1),
        ("B", 1, 1, 1, 1),
        ("all", 2, 2, 2, 2),
    ]
    assert flow.height == FLOW.height + 3


def test_admissions_that_were_read_are_those_of_all_hospitals_before_the_first_criterion() -> None:
    assert admissions_read(FLOW.reverse()) == 9


@pytest.mark.parametrize(
    ("left", "name"), [([3, 0, 0], "c1"), ([3, 2, 0], "c2"), ([0, 0, 0], "c0")]
)
def test_the_criterion_at_which_nobody_is_left(left: list[int], name: str) -> None:
    rows = [step(n, hospital, some if hospital == "all" else 0, excluded=7)
            for n, some in enumerate(left) for hospital in ("A", "all")]  # fmt: skip
    flow = pl.DataFrame(rows, schema=ATTRITION_SCHEMA).reverse()
    told = empty_message(flow)
    assert told.startswith(f"cohort: no admission is left after criterion '{name}' (7 excluded")


def test_persons_whose_first_stay_no_order_tells() -> None:
    """p was admitted twice at one moment; of q the other stay is later, r has one alone."""
    at = [datetime(2020, 1, day) for day in (1, 1, 2, 3, 5)]
    screened = pl.DataFrame(
        {
            "hospital_id": ["A", "B", "A", "A", "A"],
            "admission_id": [1, 1, 2, 3, 4],
            "person_id": ["p", "p", "q", "q", "r"],
            "admitted_at": at,
        }
    )
    people = screened.filter(pl.col("admission_id").is_in([1, 2, 4]))
    assert of_unknown_order(people, screened.lazy()) == 1
    assert of_unknown_order(people.filter(pl.col("person_id") != "p"), screened.lazy()) == 0
