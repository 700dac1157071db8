"""The attacker: what he has from tables drawn by hand, and that he is never wrong."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig.release.attack import arms, puzzle
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Known
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe
from ehrivig.store.cells import read

SMALLEST = 5
ARMS = ("all", "control", "exposed")


def described(rows: dict[str, dict[str, tuple[int | None, int]]]) -> pl.DataFrame:
    """A table of yes/no variables: variable -> arm -> (events, n)."""
    return pl.DataFrame(
        [
            {
                "variable": name,
                "label": name.title(),
                "kind": "binary",
                **{f"events_{arm}": arms[arm][0] for arm in ARMS},
                **{f"n_{arm}": arms[arm][1] for arm in ARMS},
                **{f"text_{arm}": "suppressed" for arm in ARMS},
                "smd": None,
            }
            for name, arms in rows.items()
        ],
        infer_schema_length=None,
    )


def balanced(**changed: Any) -> pl.DataFrame:
    row: dict[str, Any] = {"covariate": "copd", "label": "COPD"}
    for when in ("unmatched", "matched"):
        row |= {f"{what}_{when}": None for what in ("mean_exposed", "mean_control", "smd", "ks")}
    numbers = [pl.col(name).cast(pl.Float64) for name in row if name not in ("covariate", "label")]
    return pl.DataFrame([row | changed]).with_columns(numbers)


def of(cells: list[Cell], words: str) -> Cell:
    (found,) = [cell for cell in cells if cell.place.words == words]
    return found


def test_the_ks_of_a_yes_no_covariate_gives_its_hidden_count() -> None:
    """L1: 9 exposed and 1 control have it; of 100 matched in each arm it is 8 more, says KS."""
    tables = {
        "table1.csv": described(
            {"copd": {"all": (10, 400), "exposed": (9, 200), "control": (1, 200)}}
        ),
        "table_unmatched.csv": described(
            {"copd": {"all": (None, 200), "exposed": (None, 100), "control": (None, 100)}}
        ),
        "balance.csv": balanced(ks_matched=0.08, smd_matched=0.3),
    }
    found = of_tables(tables, SMALLEST)
    assert of(found, "COPD: matched, control").values == (0, 1)
    assert of(found, "COPD: matched, exposed").values == (8,)  # 8 or more: not small
    hidden, done, left = until_safe(tables, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    assert hidden["balance.csv"]["ks_matched"].to_list() == [None]
    assert done


def test_two_counts_and_their_total_hide_nothing() -> None:
    table = described({"stroke": {"all": (None, 90), "exposed": (3, 40), "control": (20, 50)}})
    whole = described({"stroke": {"all": (23, 90), "exposed": (None, 40), "control": (20, 50)}})
    assert of(of_tables({"table1.csv": table}, SMALLEST), "Stroke, exposed").shown
    found = of(of_tables({"table1.csv": whole}, SMALLEST), "Stroke, exposed")
    assert (found.values, found.disclosed) == ((3,), True)


def test_a_text_that_says_below_5_leaves_four_values() -> None:
    table = described({"stroke": {"all": (None, 90), "exposed": (None, 40), "control": (20, 50)}})
    table = table.with_columns(pl.lit("<5").alias("text_exposed"))
    found = of(of_tables({"table1.csv": table}, SMALLEST), "Stroke, exposed")
    assert (found.values, found.disclosed) == ((1, 2, 3, 4), True)


def test_a_smd_with_all_its_digits_gives_both_counts() -> None:
    events, n = np.array([3, 9]), np.array([80, 90])
    share = events / n
    smd = float((share[0] - share[1]) / np.sqrt((share * (1 - share) * n / (n - 1)).mean()))
    table = described(
        {"stroke": {"all": (None, 170), "exposed": (None, 80), "control": (None, 90)}}
    )
    told = table.with_columns(pl.lit(smd).alias("smd"))
    assert of(of_tables({"table1.csv": told}, SMALLEST), "Stroke, exposed").values == (3,)
    assert len(of(of_tables({"table1.csv": table}, SMALLEST), "Stroke, exposed").values) == SMALLEST


def attrition(rows: list[tuple[int, str, int | None, int | None]]) -> pl.DataFrame:
    """Step, hospital, admissions, excluded."""
    return pl.DataFrame(
        [
            {
                "step": step,
                "label": f"step {step}",
                "hospital_id": hospital,
                "patients": admissions,
                "admissions": admissions,
                "excluded": excluded,
                "excluded_not_measured": 0,
            }
            for step, hospital, admissions, excluded in rows
        ],
        infer_schema_length=None,
    )


def test_an_exclusion_of_few_is_had_from_what_is_left() -> None:
    """L2: 2 of hospital A are excluded; hidden alone it is the difference of two rows."""
    table = attrition(
        [
            *((0, "A", 100, 0), (0, "B", 80, 0), (0, "all", 180, 0)),
            *((1, "A", 98, None), (1, "B", 70, 10), (1, "all", 168, 12)),
            *((2, "A", 60, 38), (2, "B", 40, 30), (2, "all", 100, 68)),
        ]
    )
    found = of(of_tables({"attrition.csv": table}, SMALLEST), "step 1: excluded, A")
    assert (found.values, found.disclosed) == ((2,), True)
    hidden, _, left = until_safe({"attrition.csv": table}, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    kept = hidden["attrition.csv"].filter(pl.col("step").is_in([0, 2]))
    assert kept["admissions"].to_list() == [100, 80, 180, 60, 40, 100]


def test_deaths_between_two_points_of_a_curve_are_counted() -> None:
    """L3: of 50, two die by day 3 and ten by day 28; the first step tells of two."""
    rows = [
        ("km", "all", "exposed", "death", t, 1 - d / 50, 50) for t, d in ((0, 0), (3, 2), (28, 10))
    ]
    names = ("curve", "population", "group", "cause", "time", "estimate", "at_risk")
    curve = pl.DataFrame(rows, names, orient="row")
    found = of_tables({"curves.csv": curve}, SMALLEST)
    assert [(c.place.words, c.disclosed) for c in found] == [
        ("all, exposed: events in days 0 to 3", True)
    ]
    hidden, _, left = until_safe({"curves.csv": curve}, SMALLEST)
    assert hidden["curves.csv"].is_empty()
    assert left == []


def measured(all_of: int | None, rest: int | None, **told: float) -> dict[str, pl.DataFrame]:
    """An age known of so many of each arm, of whom so many are unmatched, and its balance."""
    row: dict[str, Any] = {"variable": "age", "label": "Age", "kind": "continuous"}
    row |= {f"{what}_{arm}": None for what in ("events", "mean", "sd", "median") for arm in ARMS}
    tables = {
        f"{name}.csv": pl.DataFrame([row | {f"n_{arm}": n for arm in ARMS}])
        for name, n in (("table1", all_of), ("table_unmatched", rest))
    }
    names = dict.fromkeys(
        f"mean_{arm}_{when}" for arm in ARMS[1:] for when in ("unmatched", "matched")
    )
    balance = {"covariate": "age", "label": "Age", "ks_matched": None} | names | told
    return tables | {"balance.csv": pl.DataFrame([balance])}


@pytest.mark.parametrize(
    ("all_of", "rest", "told", "words"),
    [
        (9, 0, "unmatched", "Age: all, exposed, mean of 9 people"),
        (10, 0, "unmatched", None),
        (21, 12, "matched", "Age: matched, exposed, mean of 9 people"),
        (22, 12, "matched", None),
        (60, 9, "matched", "Age: matched, exposed, mean of all but 9 unmatched"),
        *((60, 10, "matched", None), (60, 0, "matched", None), (12, 12, "matched", None)),
        (60, 9, "unmatched", None),
        (None, 9, "unmatched", "Age: all, exposed, mean of people who are too few to be counted"),
    ],
)
def test_a_mean_of_few_before_or_after_matching(
    all_of: int | None, rest: int, told: str, words: str | None
) -> None:
    found = measured(all_of, rest, **{f"mean_exposed_{told}": 61.5})
    said = [c.place.words for c in of_tables(found, SMALLEST) if "mean" in c.place.words]
    assert said == ([words] if words else [])
    assert not [c for c in of_tables(measured(all_of, rest), 1) if "mean" in c.place.words]


@pytest.mark.parametrize("number", ["mean", "sd", "median"])
@pytest.mark.parametrize(("n", "few"), [(9, True), (10, False), (0, False)])
def test_no_number_of_few(number: str, n: int, few: bool) -> None:
    found = measured(n, None)["table1.csv"].with_columns(pl.lit(61.5).alias(f"{number}_control"))
    said = [c.place.words for c in of_tables({"table1.csv": found}, SMALLEST) if c.disclosed]
    assert said == ([f"Age, control, numbers of {n} people"] if few else [])


@pytest.mark.parametrize(
    ("told", "count"),
    [
        *(
            ({"events": 2100}, 2100),
            ({"percent": 52.5}, 2100),
            ({"text": "2,100/4,000 (52%)"}, 2100),
        ),
        *(({"text": "suppressed"}, None), ({"text": None}, None)),
        ({"events": 2100, "percent": 50.0}, 2100),
    ],
)
def test_a_count_is_told_by_its_column_percentage_or_text(
    told: dict[str, Any], count: int | None
) -> None:
    row: dict[str, Any] = {"variable": "x", "label": "X", "kind": "binary", "smd": None}
    for arm in ARMS:
        row |= {f"n_{arm}": 4000, f"events_{arm}": None, f"percent_{arm}": None, f"text_{arm}": ""}
    row |= {f"{what}_exposed": value for what, value in told.items()}
    known = Known()
    arms.descriptive(known, "table1.csv", pl.DataFrame([row]))
    assert known.shown.get("all|x|exposed") == count


def test_the_puzzle_finds_what_counting_through_finds() -> None:
    """Random sums of four cells: the values of each are those of all lists that fulfil them."""
    random = np.random.default_rng(7)
    for _ in range(60):
        hi = random.integers(1, 5, 4)
        truth = [int(random.integers(0, h + 1)) for h in hi]
        weights = random.integers(-1, 2, (2, 4))
        sums = weights @ np.array(truth)
        made = puzzle.Puzzle()
        for number, top in enumerate(hi):
            made.cell(f"c{number}", 0, int(top))
        for row, total in zip(weights, sums, strict=True):
            terms = {f"c{i}": int(w) for i, w in enumerate(row) if w}
            if terms:
                made.equal(terms, float(total))
        fits = [
            one
            for one in product(*(range(int(h) + 1) for h in hi))
            if (weights @ np.array(one) == sums).all()
        ]
        for number in range(4):
            possible = sorted({one[number] for one in fits})
            assert made.values(f"c{number}", 99) == possible, (hi, weights, sums)


@pytest.mark.parametrize(("value", "safe"), [(0, True), (4, False), (5, True)])
def test_a_shown_count_is_disclosed_when_it_is_small(value: int, safe: bool) -> None:
    table = described(
        {"stroke": {"all": (20 + value, 90), "exposed": (value, 40), "control": (20, 50)}}
    )
    assert (not any(cell.disclosed for cell in of_tables({"table1.csv": table}, SMALLEST))) == safe


def test_a_column_that_is_hidden_as_a_whole_is_one_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "dosing_histogram.csv"
    pl.DataFrame({"feature": ["a"], "lo": [0.0], "hi": [1.0], "n": [None]}).write_csv(path)
    frame = read(path)
    assert frame.schema["n"] == pl.Float64
    assert first(path.name, frame, SMALLEST)["n"].to_list() == [None]
    assert all(len(cell.values) == SMALLEST for cell in of_tables({path.name: frame}, SMALLEST))


def test_bins_of_few_are_hidden_with_another_and_hidden_ones_stay_so() -> None:
    frame = pl.DataFrame(
        {"feature": ["a"] * 4, "lo": [0.0, 1, 2, 3], "hi": [1.0, 2, 3, 4], "n": [3, 8, 20, None]}
    )
    assert first("x.csv", frame, SMALLEST)["n"].to_list() == [None, None, 20, None]


@pytest.mark.parametrize("smallest", [0, 1])
def test_a_study_that_hides_nothing_hides_nothing(smallest: int) -> None:
    days = range(0, 29)
    rows = [("km", "all", "exposed", "death", float(t), 1 - t / 50, 50 - t, t) for t in days]
    names = ("curve", "population", "group", "cause", "time", "estimate", "at_risk", "events")
    curve = pl.DataFrame(rows, names, orient="row").with_columns(lo=0.1, hi=0.9)
    found = first("curves.csv", curve, smallest)
    assert found["at_risk"].to_list() == [50 - t for t in days]
    assert until_safe({"curves.csv": found}, smallest)[1] == []


@pytest.mark.parametrize(("risk", "values"), [(0.06, (3,)), (0.0613, (0, 1, 2, 3, 4))])
def test_a_crude_risk_tells_its_events(risk: float, values: tuple[int, ...]) -> None:
    row: dict[str, Any] = {
        "analysis": "main",
        "contrast": "x vs y",
        "outcome": "death",
        "population": "matched",
    }
    row |= {"n_exposed": 50, "events_exposed": None, "n_control": 50, "events_control": 20}
    frame = pl.DataFrame([row | {"risk_exposed": risk, "risk_control": 0.4}])
    found = of_tables({"effects.csv": frame}, SMALLEST)
    assert of(found, "x vs y death matched: events exposed").values == values
