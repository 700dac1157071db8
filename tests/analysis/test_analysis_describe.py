"""Tables that describe, against numbers worked out by hand."""

from __future__ import annotations

from math import erfc, sqrt

import polars as pl
import pytest

from ehrivig.analysis.describe import by_outcome, describe, number
from ehrivig.dataset import Variable
from ehrivig.study import Outcome

BINARY = Variable("copd", "COPD", "", "Comorbidities", True)
OUTCOME = Outcome(name="death", label="Death", source="death")
NUMBER = Variable("age", "Age", "y", "", False)


def frame(exposed: list[bool], **columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"exposed": exposed, **columns})


def row(table: pl.DataFrame) -> dict[str, object]:
    return table.row(0, named=True)


def test_percentages_use_the_known_of_each_row() -> None:
    table = frame(
        [True] * 5 + [False] * 5,
        copd=[True, True, False, None, None, True, False, False, False, None],
    )
    found = row(describe(table, [BINARY], policy="default", smallest=0))
    assert (found["events_exposed"], found["n_exposed"]) == (2, 3)
    assert (found["events_control"], found["n_control"]) == (1, 4)
    assert found["percent_exposed"] == pytest.approx(200 / 3)
    assert found["percent_all"] == pytest.approx(300 / 7)
    assert found["text_control"] == "1/4 (25.0%)"


@pytest.mark.parametrize(
    ("policy", "p"), [("liu", erfc(sqrt(16 * 38**2 / 3780 / 2))), ("default", 0.034965)]
)
def test_both_test_policies(policy: str, p: float) -> None:
    """8/10 against 1/6: chi-square 16 x 38^2 / 3780 = 6.112; Fisher's exact p is 0.03497."""
    table = frame([True] * 10 + [False] * 6, copd=[True] * 8 + [False] * 2 + [True] + [False] * 5)
    found = row(describe(table, [BINARY], policy=policy, smallest=0))  # type: ignore[arg-type]
    assert found["p"] == pytest.approx(p, abs=1e-6)
    assert ("isher" in str(found["test"])) == (policy == "default")


def test_numbers_are_described_by_quartiles_and_kruskal_wallis() -> None:
    """Ranks 1-3 against 4-6: H = 12/42 (12 + 75) - 21 = 3.857, p = 0.0495."""
    table = frame([False] * 3 + [True] * 3 + [True], age=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, None])
    found = row(describe(table, [NUMBER], policy="liu", smallest=0))
    assert [found[f"{q}_exposed"] for q in ("q1", "median", "q3")] == [4.5, 5.0, 5.5]
    assert (found["mean_control"], found["sd_control"]) == (2.0, 1.0)
    assert found["p"] == pytest.approx(0.049535, abs=1e-6)
    assert found["smd"] == pytest.approx(3.0)
    assert found["n_exposed"] == 3


def test_a_small_cell_takes_the_row_with_it() -> None:
    table = frame(
        [True] * 40 + [False] * 40, copd=[i < 3 for i in range(40)] + [i < 20 for i in range(40)]
    )
    found = row(describe(table, [BINARY], policy="liu", smallest=5))
    assert found["suppressed"] is True
    assert (found["text_exposed"], found["text_control"]) == ("<5", "20/40 (50.0%)")
    assert all(found[name] is None for name in ("events_exposed", "events_all", "p", "smd"))
    assert found["text_all"] == "suppressed"


def test_the_complement_of_a_small_cell_is_small_too() -> None:
    table = frame(
        [True] * 40 + [False] * 40, copd=[i < 38 for i in range(40)] + [i < 20 for i in range(40)]
    )
    found = row(describe(table, [BINARY], policy="liu", smallest=5))
    assert found["events_exposed"] is None
    assert found["text_exposed"] == "suppressed"


def test_an_empty_arm_leaves_a_reason() -> None:
    found = row(
        describe(frame([False] * 4, age=[1.0, 2.0, 3.0, 4.0]), [NUMBER], policy="liu", smallest=0)
    )
    assert found["p"] is None
    assert found["text_exposed"] == "no data"
    assert found["test"]


def test_dosing_by_outcome_is_about_the_exposed_only() -> None:
    table = frame(
        [True, True, True, False], age=[1.0, 3.0, 9.0, 50.0], death=[True, True, False, True]
    )
    found = row(by_outcome(table, OUTCOME, [NUMBER], policy="liu", smallest=0))
    assert (found["n_exposed"], found["n_control"], found["n_all"]) == (2, 1, 3)
    assert found["median_exposed"] == 2.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((1234.5, "1,234"), (56.78, "56.8"), (0.123, "0.12"), (0.012, "0.012"), (0, "0.00")),
        *((0.0084, "0.0084"), (-0.000123, "-0.00012")),
    ],
)
def test_numbers_are_written_without_exponents(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("value", [0.1, 37.1, -7.4, 1e6 / 3])
@pytest.mark.parametrize("factor", [1.0, 1.1])
def test_what_is_the_same_of_all_has_no_spread_and_no_difference(
    value: float, factor: float
) -> None:
    """The mean of equal numbers is off by rounding, which divided by itself was a difference."""
    ages: list[object] = [value] * 7 + [value * factor] * 11
    found = row(
        describe(frame([True] * 7 + [False] * 11, age=ages), [NUMBER], policy="liu", smallest=0)
    )
    assert found["smd"] is None
    assert (found["sd_exposed"], found["sd_control"]) == (0.0, 0.0)
    assert found["mean_exposed"] == pytest.approx(value)


def test_one_person_has_a_mean_and_no_spread_and_nobody_has_none() -> None:
    table = frame([True, False, False], age=[4.0, 1.0, 3.0])
    found = row(describe(table, [NUMBER], policy="liu", smallest=0))
    assert (found["mean_exposed"], found["sd_exposed"], found["smd"]) == (4.0, None, None)
    assert found["sd_all"] == pytest.approx(sqrt(7 / 3))
    nobody = row(
        describe(frame([True, False], age=[None, 3.0]), [NUMBER], policy="liu", smallest=0)
    )
    assert (nobody["text_exposed"], nobody["n_exposed"], nobody["p"]) == ("no data", 0, None)
    assert "none of them empty" in str(nobody["test"])


def test_two_people_of_each_arm_have_a_standardised_difference() -> None:
    table = frame([True, True, False, False], age=[2.0, 4.0, 1.0, 5.0])
    found = row(describe(table, [NUMBER], policy="liu", smallest=0))
    assert found["smd"] == 0.0
    assert (found["sd_exposed"], found["sd_control"]) == pytest.approx((sqrt(2), sqrt(8)))
