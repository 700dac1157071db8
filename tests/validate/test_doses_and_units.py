"""Doses, courses and results beside those of other hospitals: where each check begins to count."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.validate.courses_between_hospitals import too_short, with_gaps
from ehrivig.validate.doses_between_hospitals import away, of_another_size
from ehrivig.validate.doses_of_units import FAR, apart
from ehrivig.validate.units_between_hospitals import away_by_a_factor

Pairs = dict[str, tuple[int, int]]


def dosing(**doses: list[float]) -> pl.DataFrame:
    """Hospital -> the mean daily dose of its people."""
    rows = [(name, dose) for name, of in doses.items() for dose in of]
    columns = {"hospital_id": pl.String, "mean_daily_g": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.mark.parametrize(
    ("doses", "wrong"),
    [
        ({"A": [50.0] * 10, "B": [10.0] * 12, "C": [10.0] * 10}, {"A": 10}),
        ({"A": [2.0] * 10, "B": [10.0] * 12, "C": [10.0] * 10}, {"A": 10}),
        ({"A": [0.5] * 10, "B": [10.0] * 12, "C": [10.0] * 10}, {"A": 10}),
        ({"A": [49.0] * 10, "B": [10.0] * 12, "C": [10.0] * 10}, {}),
        ({"A": [50.0] * 9, "B": [10.0] * 12, "C": [10.0] * 10}, {}),  # too few
        ({"A": [50.0] * 10, "B": [10.0] * 10}, {"A": 10, "B": 10}),  # nobody can tell which
        ({"A": [50.0] * 10}, {}),
        ({"A": [0.0] * 30 + [10.0] * 10, "B": [10.0] * 10}, {}),  # no dose is none
    ],
)
def test_hospitals_with_several_times_the_dose(
    doses: dict[str, list[float]], wrong: dict[str, int]
) -> None:
    found = away(dosing(**doses))
    known = {name: sum(one > 0 for one in of) for name, of in doses.items()}
    assert found == {name: (wrong.get(name, 0), n) for name, n in known.items() if n >= 10}


@pytest.mark.parametrize(
    ("doses", "found"),
    [
        ({"A": [10.0] * 10 + [500.0]}, {"A": (1, 11)}),
        ({"A": [10.0] * 10 + [499.0]}, {"A": (0, 11)}),
        ({"A": [10.0] * 10 + [0.2]}, {"A": (1, 11)}),
        ({"A": [10.0] * 10 + [0.21]}, {"A": (0, 11)}),
        ({"A": [10.0] * 10 + [0.0]}, {"A": (0, 10)}),
        ({"A": [10.0] * 8 + [500.0]}, {}),  # nine tell nothing
        ({"A": [10.0] * 9 + [500.0]}, {"A": (1, 10)}),
        # few are held against all hospitals, many against their own
        ({"A": [10.0] * 10, "B": [500.0] * 9}, {"A": (0, 10), "B": (9, 9)}),
        ({"A": [10.0] * 11, "B": [500.0] * 10}, {"A": (0, 11), "B": (0, 10)}),
    ],
)
def test_people_with_fifty_times_the_dose(doses: dict[str, list[float]], found: Pairs) -> None:
    assert of_another_size(dosing(**doses)) == found


@pytest.mark.parametrize(
    ("units", "fewer", "far"),
    [
        ({"g": {0: 10}, "mg": {16: 12}}, 10, 0),  # four times
        ({"g": {0: 12}, "mg": {16: 10}}, 10, 0),
        ({"g": {0: 10}, "mg": {15: 12}}, 0, 0),
        ({"g": {0: 10}, "mg": {24: 12}}, 10, 10),  # eight times
        ({"g": {0: 10}, "mg": {23: 12}}, 10, 0),
        ({"g": {0: 9}, "mg": {24: 12}}, 0, 0),  # too few
        ({"g": {0: 10}, "mg": {24: 12}, "ml": {8: 11}}, 10, 10),
        ({"g": {0: 10}, "mg": {0: 5, 24: 5}}, 0, 0),  # the lower middle
        ({"g": {0: 10}, "mg": {0: 5, 24: 6}}, 10, 10),
        ({"g": {0: 10, 40: 9}}, 0, 0),
    ],
)
def test_doses_of_one_unit_far_from_those_of_another(
    units: dict[str, dict[int, int]], fewer: int, far: int
) -> None:
    rows = [("A", unit, place, n) for unit, bins in units.items() for place, n in bins.items()]
    frame = pl.DataFrame(rows, schema=["hospital_id", "dose_unit", "bin", "n"], orient="row")
    stays = sum(n for *_, n in rows)
    assert apart(frame) == {"A": (fewer, stays)}
    assert apart(frame, FAR) == {"A": (far, stays)}


@pytest.mark.parametrize(
    ("own", "others", "missing"),
    [
        ((20, 79), (100, 100), 21),
        ((20, 80), (100, 100), 0),  # eight in ten of the days
        ((19, 50), (100, 100), None),
        ((20, 50), (80, 100), 30),  # others that are alike
        ((20, 50), (79, 100), 0),
        ((20, 70), (80, 80), 0),
    ],
)
def test_days_without_a_dose_inside_of_courses(
    own: tuple[int, int], others: tuple[int, int], missing: int | None
) -> None:
    rows = [("A", *own, 100), *((name, 20, n, 100) for name, n in zip("BC", others, strict=True))]
    columns = ["hospital_id", "n_several", "n_dosed", "n_span"]
    found = with_gaps(pl.DataFrame(rows, schema=columns, orient="row"))
    assert found.get("A") == (None if missing is None else (missing, 100))


@pytest.mark.parametrize(
    ("own", "others", "found"),
    [
        ((20, 39), (160, 320), (121, 160)),
        ((20, 40), (160, 320), (0, 160)),  # a quarter of the days
        ((19, 19), (160, 320), None),
        ((20, 39), (160, 321), (0, 39)),  # the others are not alike
        ((20, 300), (160, 320), (0, 300)),  # longer than elsewhere
    ],
)
def test_days_of_short_courses(
    own: tuple[int, int], others: tuple[int, int], found: tuple[int, int] | None
) -> None:
    rows = [("A", *own), *((name, 20, n) for name, n in zip("BC", others, strict=True))]
    frame = pl.DataFrame(rows, schema=["hospital_id", "n_stays", "n_days"], orient="row")
    assert too_short(frame).get("A") == found


@pytest.mark.parametrize(
    ("own", "others", "factors", "counts"),
    [
        ((20, 50.0, 10), (5.0, 5.0), (10.0,), (1, 1)),
        ((20, 0.5, 10), (5.0, 5.0), (10.0,), (1, 1)),
        ((20, 50.0, 10), (5.0, 5.0), (0.1,), (1, 1)),
        ((19, 50.0, 10), (5.0, 5.0), (10.0,), (0, 0)),  # too few results
        ((20, 50.0, 9), (5.0, 5.0), (10.0,), (0, 0)),  # of too few stays
        ((20, 0.0, 10), (5.0, 5.0), (10.0,), (0, 0)),
        ((20, 50.0, 10), (5.0,), (10.0,), (0, 0)),  # one other is no habit
        ((20, 50.0, 10), (5.0, 50.0), (10.0,), (0, 1)),
        ((20, 20.0, 10), (5.0, 5.0), (4.0,), (1, 1)),
        ((20, 19.5, 10), (5.0, 5.0), (3.9,), (0, 1)),  # people differ so much
        ((20, 50.0, 10), (5.0, 5.0), (0.0, -10.0), (0, 1)),
        ((20, 50.0, 10), (5.0, 5.0), (), (0, 1)),
        ((20, 50.0, 10), (5.0, 5.0), (1.0, 4.0, 10.0), (1, 1)),
    ],
)
def test_an_analyte_away_from_all_others_by_a_factor_of_units(
    own: tuple[int, float, int],
    others: tuple[float, ...],
    factors: tuple[float, ...],
    counts: tuple[int, int],
) -> None:
    rows = [("A", "crp", *own), *(("BC"[n], "crp", 20, one, 10) for n, one in enumerate(others))]
    columns = ["hospital_id", "analyte", "n", "median", "n_stays"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    assert away_by_a_factor(frame, {"crp": factors})["A"] == counts
