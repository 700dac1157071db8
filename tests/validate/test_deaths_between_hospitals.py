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
    ("own", "ventilated", "missing"),
    [
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
