"""Items that stays lack, beside the other hospitals."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.validate.charted_between_hospitals import Item, items, lacking, nameless


def shares(*having: int, stays: int = 100) -> dict[str, Item]:
    """Hospitals A, B, ... by the stays that have an item."""
    return {"ABCDEFGH"[n]: Item(stays, one) for n, one in enumerate(having)}


@pytest.mark.parametrize(
    ("having", "expected"),
    [
        ((50, 98, 100), 50),
        ((50, 98, 100, 99, 30), 50),  # three of four agree
        ((50, 98, 100, 30), 0),  # two of three do not
        ((72, 98, 100), 0),  # fewer, but no part is missing
        ((0, 98, 100), 0),  # it has no such item at all: another check tells
        ((50, 98), 0),  # one hospital is no habit
        ((50, 60, 55), 0),
    ],
)
def test_stays_that_lack_what_others_have(having: tuple[int, ...], expected: int) -> None:
    assert lacking(shares(*having), "A") == expected


@pytest.mark.parametrize(
    ("none", "usual", "gone"),
    [
        (3, 6, {"A"}),  # codes that nobody knows
        (2, 6, set()),
        (3, 7, set()),  # some are not measured here
        (2, 2, set()),  # too few items to tell
    ],
)
def test_a_hospital_without_most_of_what_others_have_has_codes_that_nobody_knows(
    none: int, usual: int, gone: set[str]
) -> None:
    found = {f"item{n}": shares(0 if n < none else 99, 99, 98) for n in range(usual)}
    found["seldom"] = shares(0, 30, 20)
    assert nameless(found, ["A", "B"]) == gone
    assert nameless(found, ["B"]) == set()  # of A there is no row at all


def test_what_is_charted_is_read_by_item_and_hospital() -> None:
    rows = [
        ("A", "", "", "stays", None, 50),
        ("B", "", "", "stays", None, 39),  # too few stays
        ("A", "vital", "spo2", "with", None, 45),
        ("B", "vital", "spo2", "with", None, 39),
        ("A", "vital", "spo2", "repeated", None, 40),
        ("A", "vital", "spo2", "one", "97.0", 4),
        ("A", "vital", "spo2", "repeated one", "97.0", 3),
        ("A", "vital", "spo2", "least", "70.0", 1),
        ("A", "vital", "spo2", "greatest", "100.0", 9),
        ("A", "lab", "crp", "with", None, 20),
    ]
    columns = ["hospital_id", "table", "item", "what", "value", "n"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    ends = {"70.0", "100.0"}
    spo2 = Item(50, 45, 40, {"97.0": 4}, {"97.0": 3}, ends)
    assert items(frame, "vital") == {"spo2": {"A": spo2}}
    assert items(frame, "lab")["crp"]["A"].share == 0.4
