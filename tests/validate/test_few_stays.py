"""Hospitals of three patients: what they lack, or have, may be chance, and refuses nobody."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig import study
from ehrivig.validate import left, left_checks
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.network import Network
from ehrivig.validate.result import HospitalResult

PLAN = study.load("eicu_demo")
CHECK = "medication.product_included"


def network(stays: dict[str, int], covered: dict[str, int], excluded: dict[str, int]) -> Network:
    """Hospitals with stays, stays with respiratory support, and rows of an excluded product."""
    table = pl.DataFrame(
        [
            {"hospital_id": name, "table": "respiratory_support", "n_covered": n}
            for name, n in covered.items()
        ],
        schema={"hospital_id": pl.String, "table": pl.String, "n_covered": pl.Int64},
    )
    results = [
        HospitalResult(
            name,
            [Measurement(name, "medication", CHECK, "warn", excluded.get(name, 0), 50)],
            {"admission": n, "respiratory_support": covered.get(name, 0)},
            {},
        )
        for name, n in stays.items()
    ]
    return Network(PLAN, (), results, [], [], lambda name, hospitals: table.lazy())


@pytest.mark.parametrize(("stays", "lacks"), [(0, 0), (16, 0), (17, 1)])
def test_one_in_a_hundred_is_no_chance_any_more(stays: int, lacks: int) -> None:
    """A quarter of the stays of the others have rows, all of them at one hospital."""
    found = network({"A": 100, "B": 100, "C": stays}, {"A": 50}, {})
    table = found.results[1].rows_read
    table["respiratory_support"] = 1  # of stays that are not counted
    measure = left.criteria_sent("respiratory_support")
    assert [(name, n) for name, n, _ in measure(found)] == [("A", 0), ("B", 0), ("C", lacks)]


@pytest.mark.parametrize(("stays", "lacks"), [(3, 0), (20, 1)])
def test_a_table_that_few_stays_may_lack_by_chance_is_not_missed(stays: int, lacks: int) -> None:
    found = network({"A": 100, "B": 100, "C": stays}, {"A": 40, "B": 50}, {})
    measure = left.criteria_sent("respiratory_support")
    assert list(measure(found)) == [("A", 0, 1), ("B", 0, 1), ("C", lacks, 1)]


def test_a_table_that_no_criterion_reads_is_told_be_it_by_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It refuses nobody: what depends on it is unknown there, which somebody must say."""
    monkeypatch.setattr(left, "by_criteria", lambda _: set())
    found = network({"A": 100, "B": 100, "C": 3}, {"A": 4, "B": 5}, {})
    measure = left.table_sent("respiratory_support")
    assert list(measure(found)) == [("A", 0, 1), ("B", 0, 1), ("C", 1, 1)]


@pytest.mark.parametrize(("stays", "counts"), [(3, {}), (9, {}), (10, {"C": 40})])
def test_rows_of_a_few_patients_are_no_habit_of_a_hospital(
    stays: int, counts: dict[str, int]
) -> None:
    found = network({"A": 100, "B": 100, "C": stays}, {}, {"C": 40})
    measure = next(
        one.measure for one in left_checks.CHECKS if one.check == "medication.exposure_products"
    )
    assert {name: n for name, n, _ in measure(found) if n} == counts
