"""Hospitals where far fewer die than of patients alike at the other hospitals."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.validate.deaths_between_hospitals import fewer, hidden, implausible

Ends = dict[str, tuple[int, int]]


def died(ends: Ends, *, age: str = "from 65", ventilated: bool = False) -> pl.DataFrame:
    """Hospital -> stays and deaths of one kind of patients."""
    rows = [(name, age, ventilated, *counts) for name, counts in ends.items()]
    columns = ["hospital_id", "age", "ventilated", "n_stays", "n_died"]
    return pl.DataFrame(rows, schema=columns, orient="row")


USUAL: Ends = {"B": (200, 40), "C": (300, 54), "D": (250, 55)}


@pytest.mark.parametrize(
    ("own", "is_hidden", "are_fewer"),
    [
        ((200, 0), True, True),
        ((200, 7), True, True),
        ((200, 20), False, True),
        ((200, 28), False, False),  # a good hospital
        ((70, 0), False, False),  # too few to say
        ((80, 8), False, False),  # half of what is expected, by chance
    ],
)
def test_a_hospital_where_few_die(own: tuple[int, int], is_hidden: bool, are_fewer: bool) -> None:
    frame = died({"A": own, **USUAL})
    assert (bool(hidden(frame).get("A", (0, 0))[0]), bool(fewer(frame).get("A", (0, 0))[0])) == (
        is_hidden,
        are_fewer,
    )
    assert not any(n for name, (n, _) in {**hidden(frame), **fewer(frame)}.items() if name != "A")


def test_the_young_and_the_unventilated_are_compared_with_their_like() -> None:
    young = died({"A": (400, 2), "B": (20, 0), "C": (20, 0), "D": (40, 1)}, age="below 65")
    frame = pl.concat([died({"A": (40, 8), **USUAL}), young])
    assert not hidden(frame).get("A", (0, 0))[0]


def test_two_hospitals_say_nothing() -> None:
    assert hidden(died({"A": (200, 0), "B": (200, 40)})) == {}


@pytest.mark.parametrize(
    ("own", "missing"),
    [((200, 7), 33), ((200, 8), 0), ((75, 0), 15), ((74, 0), None)],
)
def test_deaths_that_are_missing_where_a_fifth_of_others_die(
    own: tuple[int, int], missing: int | None
) -> None:
    frame = died({"A": own, "B": (500, 100), "C": (500, 100)})
    assert hidden(frame).get("A") == (None if missing is None else (missing, own[0]))


@pytest.mark.parametrize(
    ("deaths", "missing"),
    [
        ((119, 200, 200), 81),  # six in ten of what is expected
        ((120, 200, 200), 0),
        ((110, 270, 130), 0),  # another hospital is nearly as good
    ],
)
def test_fewer_deaths_than_anywhere_else(deaths: tuple[int, int, int], missing: int) -> None:
    frame = died({name: (1000, n) for name, n in zip("ABC", deaths, strict=True)})
    assert fewer(frame)["A"] == (missing, 1000)


def test_patients_as_no_other_hospital_has_them_are_held_against_nobody() -> None:
    nobody_else = died({"A": (90, 0)}, ventilated=True)
    frame = pl.concat([died({"A": (200, 0), "B": (500, 100), "C": (500, 100)}), nobody_else])
    assert hidden(frame)["A"] == (40, 200)
    one_other = died({"A": (20, 0), "B": (1, 1), "C": (0, 0)})
    assert hidden(one_other)["A"] == (20, 20)


def test_two_hospitals_are_each_held_against_what_few_fall_below() -> None:
    frame = died({"A": (150, 0), "B": (150, 30)}, ventilated=True)
    assert implausible(frame) == {"A": (12, 150), "B": (0, 150)}


@pytest.mark.parametrize(
    ("own", "ventilated", "missing"),
    [
        ((125, 1), True, 9),
        ((125, 2), True, 0),
        ((58, 0), True, 5),
        ((57, 0), True, 0),
        ((2303, 0), False, 5),
        ((2300, 0), False, 0),
        ((150, 0), True, 12),
        ((150, 2), True, 10),
        ((150, 3), True, 0),
        ((50, 0), True, 0),  # too few
        ((500, 0), False, 0),
    ],
)
def test_next_to_nobody_dies_and_nobody_else_tells(
    own: tuple[int, int], ventilated: bool, missing: int
) -> None:
    frame = died({"A": own}, ventilated=ventilated)
    assert implausible(frame) == {"A": (missing, own[0])}
    assert implausible(died({"A": own, **USUAL}, ventilated=ventilated)) == {
        "all": (0, 750 + own[0])
    }
    nobody = {name: (n, 0) for name, (n, _) in USUAL.items()}
    assert implausible(died(nobody, ventilated=True)) == {"all": (60, 750)}
    assert implausible(frame.clear()) == {}
