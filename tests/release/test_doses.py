"""Bins of a dose, and the mean and SD beside them: doses come in steps, so sums give bins away."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack import doses
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Known
from ehrivig.release.copies import first
from ehrivig.release.doses import rounded, to_digits
from ehrivig.release.hidden import until_safe

SMALLEST = 5
WIDTH = 1.25
PEOPLE = {5.0: 16, 10.0: 56, 15.0: 3, 20.0: 7, 25.0: 2}
"""Grams a day -> how many had them: of the demo of 600."""
DIED = {5.0: 6, 10.0: 22, 15.0: 1, 20.0: 3, 25.0: 1}
HIDDEN = (5.0, 15.0, 20.0, 25.0)
Tables = dict[str, pl.DataFrame]


def bins() -> pl.DataFrame:
    """Twenty bins of 1.25 g/day, closed on the left, the last on both sides."""
    rows = []
    for number in range(20):
        lo, hi = number * WIDTH, (number + 1) * WIDTH
        inside = [dose for dose in PEOPLE if lo <= dose < hi or (number == 19 and dose == hi)]
        n = None if set(inside) & set(HIDDEN) else sum(PEOPLE[dose] for dose in inside)
        rows.append({"feature": "max_daily_g", "label": "Dose", "lo": lo, "hi": hi, "n": n})
    return pl.DataFrame(rows, infer_schema_length=None)


def described(died: dict[float, int] = DIED) -> pl.DataFrame:
    """The mean and SD of everybody's dose, of who died and of who lived, with all their digits."""
    row: dict[str, Any] = {"variable": "max_daily_g", "label": "Dose", "kind": "continuous"}
    lived = {dose: n - died.get(dose, 0) for dose, n in PEOPLE.items()}
    for arm, people in (("all", PEOPLE), ("control", lived), ("exposed", died)):
        n = sum(people.values())
        mean = sum(dose * count for dose, count in people.items()) / n
        squares = sum(count * (dose - mean) ** 2 for dose, count in people.items())
        row |= {f"n_{arm}": n, f"events_{arm}": None}
        row |= {f"mean_{arm}": mean, f"sd_{arm}": math.sqrt(squares / (n - 1))}
        row |= {f"text_{arm}": "10.0 [10.0, 10.0]"}
    return pl.DataFrame([row])


def yes_no(exposed: int = 84) -> pl.DataFrame:
    """A variable of Table 1, which tells how many are exposed."""
    row: dict[str, Any] = {"variable": "male", "label": "Male", "kind": "binary", "smd": None}
    for arm, n in (("all", 2 * exposed), ("control", exposed), ("exposed", exposed)):
        row |= {f"n_{arm}": n, f"events_{arm}": n // 2, f"text_{arm}": ""}
    return pl.DataFrame([row])


def tables() -> Tables:
    return {"table1.csv": yes_no(), "table_s1.csv": described(), "dosing_histogram.csv": bins()}


def hidden(found: Tables) -> dict[int, Cell]:
    cells = of_tables(found, SMALLEST)
    return {c.place.row: c for c in cells if c.place.file == "dosing_histogram.csv" and not c.shown}


def test_mean_and_sd_with_all_digits_give_the_hidden_bins() -> None:
    cells = hidden(tables())
    assert {row: cell.values for row, cell in cells.items()} == {
        4: (16,),
        12: (3,),
        16: (7,),
        19: (2,),
    }
    assert sum(cell.disclosed for cell in cells.values()) == 2


def test_with_few_digits_they_have_many_values() -> None:
    found = rounded(tables())
    row = found["table_s1.csv"].row(0, named=True)
    assert (row["mean_all"], row["sd_all"], row["text_all"]) == (10.0, 4.0, "10.0 [10.0, 10.0]")
    assert [cell for cell in hidden(found).values() if cell.disclosed] == []
    assert found["dosing_histogram.csv"].equals(bins())
    assert found["table1.csv"].equals(yes_no())


def test_without_a_hidden_bin_a_mean_keeps_its_digits() -> None:
    shown = {**tables(), "dosing_histogram.csv": bins().with_columns(pl.col("n").fill_null(5))}
    names = [name for name in described().columns if name.endswith("_all")]
    assert rounded(shown)["table_s1.csv"].select(names).equals(described().select(names))


def by_outcome(found: Tables) -> list[tuple[int, ...]]:
    """What can be had of people of a dose who died, or lived."""
    cells = (c for c in of_tables(found, SMALLEST) if c.disclosed)
    return [c.values for c in cells if "by the outcome" in c.place.words]


def test_moments_of_both_outcomes_tell_who_died_of_a_dose_of_which_every_bin_is_shown() -> None:
    """32 of 140 had 5 g/day, 87 had 10, 5 had 15, 10 had 20 and 6 had 25."""
    many = {5.0: 32, 10.0: 87, 15.0: 5, 20.0: 10, 25.0: 6}
    died = {5.0: 14, 10.0: 32, 15.0: 3, 20.0: 2, 25.0: 4}
    shown = bins().with_columns(pl.col("lo").replace_strict(many, default=0).alias("n"))
    shown = shown.with_columns(pl.when(pl.col("lo") > 23).then(6).otherwise("n").alias("n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "PEOPLE", many)
        told = {**tables(), "table_s1.csv": described(died), "dosing_histogram.csv": shown}
    told["table1.csv"] = yes_no(140)
    assert (0, 3) in by_outcome(told)
    assert by_outcome(rounded(told)) == []
    safe, _, _ = until_safe(told, SMALLEST)
    row = safe["table_s1.csv"].row(0, named=True)
    assert (row["mean_exposed"], row["sd_control"]) == (None, None)
    assert row["mean_all"] == told["table_s1.csv"]["mean_all"][0]
    assert safe["dosing_histogram.csv"].equals(shown)


@pytest.mark.parametrize(
    ("value", "digits", "short"),
    [(89.72, 2, 90.0), (0.1349, 2, 0.13), (4.67, 1, 5.0), (0.0, 2, 0.0), (-123.0, 2, -120.0)],
)
def test_significant_digits(value: float, digits: int, short: float) -> None:
    assert to_digits(value, digits) == short


@pytest.mark.parametrize(("died", "told"), [(4, False), (80, False), (6, True), (30, True)])
def test_doses_by_outcome_tell_of_no_few_who_died(died: int, told: bool) -> None:
    """Of 84 exposed 80 lived: how many have a dose says how many died, whom Table 2 hides."""
    sizes = {"n_all": 84, "n_control": 84 - died, "n_exposed": died}
    dosed = described().with_columns(pl.lit(n).alias(name) for name, n in sizes.items())
    found = {"table1.csv": yes_no(), "table_s1.csv": dosed}
    words = [c.place.words for c in of_tables(found, SMALLEST) if c.disclosed]
    assert ("exposed with the outcome, by the others" in words) == (died == 4)
    copy = first("table_s1.csv", dosed, SMALLEST)
    assert (copy["n_control"][0] is not None) is told
    assert copy["mean_control"][0] is not None or died == 80
    assert not [c for c in of_tables(found | {"table_s1.csv": copy}, SMALLEST) if c.disclosed]


def weighed(
    step: float, people: list[int], *, wide: float = 0.98, lighter: float = 0.0, to: int = 1
) -> Known:
    """Hidden bins of nearly a step that begin with one, three, five of it, and what is told."""
    given, n = [(2 * place + 1) * step for place in range(len(people))], sum(people)
    mean = sum(dose * count for dose, count in zip(given, people, strict=True)) / n
    squares = sum(count * (dose - mean) ** 2 for dose, count in zip(given, people, strict=True))
    known, rows = Known(rounded_to=to), []
    for place, dose in enumerate(given):
        known.puzzle.cell(str(place), 0, 40)
        rows.append({"feature": "dose", "lo": dose, "hi": dose + wide * step, "n": None})
    known.puzzle.equal({str(place): 1 for place in range(len(people))}, n)
    known.moments["all", "dose", "all"] = n, mean - lighter, math.sqrt(squares / max(n - 1, 1))
    doses.weighed(known, [str(place) for place in range(len(people))], rows)
    return known


def values(known: Known) -> list[list[int]]:
    return [known.puzzle.values(cell, SMALLEST) for cell in sorted(known.puzzle.lo)]


@pytest.mark.parametrize("step", [5.0, 2.5, 1.0, 0.5])
@pytest.mark.parametrize("people", [[16, 3, 7], [3, 30, 2], [9]])
def test_doses_in_steps_of_vials_or_days_give_the_hidden_bins(
    step: float, people: list[int]
) -> None:
    assert values(weighed(step, people)) == [[count] for count in people]


def test_a_mean_that_fits_no_people_is_no_fact() -> None:
    """It may be of other people than the bins: what is told of the bins holds all the same."""
    found = values(weighed(5.0, [16, 3, 7], lighter=4.0))
    assert [len(of_bin) for of_bin in found] == [SMALLEST] * 3


def test_a_bin_of_several_doses_tells_no_sum() -> None:
    assert len(weighed(5.0, [16, 3, 7]).puzzle.facts) == 3
    assert len(weighed(5.0, [16, 3, 7], wide=2.0).puzzle.facts) == 1
    known = Known()
    known.puzzle.cell("0", 0, 40)
    doses.weighed(known, ["0"], [{"feature": "dose", "lo": 5.0, "hi": 6.0, "n": None}])
    assert known.puzzle.facts == []  # nobody told the mean


@pytest.mark.parametrize(("to", "slack"), [(2, 1), (5, 2)])
def test_beside_rounded_counts_a_mean_is_of_a_few_people_more_or_fewer(to: int, slack: int) -> None:
    known = weighed(5.0, [10, 10, 5], to=to)
    known.puzzle.facts.clear()
    known.moments["all", "dose", "all"] = 25, 13.0, 7.6
    rows = [{"feature": "dose", "lo": d, "hi": d + 4.9, "n": None} for d in (5.0, 15.0, 25.0)]
    doses.weighed(known, list("012"), rows)
    fewest, most = 25 - slack, 25 + slack
    sums, squares = known.puzzle.facts
    assert sums.terms == {"0": 1, "1": 3, "2": 5}
    assert (sums.lo, sums.hi) == pytest.approx((12.95 * fewest / 5, 13.05 * most / 5))
    assert squares.terms == {"0": 1, "1": 9, "2": 25}
    least = 7.55**2 * (fewest - 1) + fewest * 12.95**2
    greatest = 7.65**2 * (most - 1) + most * 13.05**2
    assert (squares.lo, squares.hi) == pytest.approx((least / 25, greatest / 25))


@pytest.mark.parametrize(
    ("value", "most", "between"),
    [
        *((90.0, 2, (89.5, 90.5)), (90.0, 1, (85.0, 95.0)), (100.0, 2, (95.0, 105.0))),
        *((0.13, 2, (0.125, 0.135)), (0.4, 1, (0.35, 0.45)), (0.0, 2, (0.0, 0.0))),
        (89.72, 2, (89.72, 89.72)),
    ],
)
def test_a_number_of_few_digits_stands_for_all_that_round_to_it(
    value: float, most: int, between: tuple[float, float]
) -> None:
    assert doses._limits(value, most) == pytest.approx(between, rel=1e-8)


@pytest.mark.parametrize(
    ("value", "between"),
    [(12.0, (11.95, 12.05)), (0.02, (0.015, 0.025)), (0.0, (0.0, 0.05)), (3.0, (2.95, 3.05))],
)
def test_the_last_decimal_of_a_mean_beside_rounded_counts(
    value: float, between: tuple[float, float]
) -> None:
    assert doses._rounded(value, 2) == pytest.approx(between)
