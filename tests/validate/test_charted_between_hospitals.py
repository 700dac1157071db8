"""Items that stays lack, beside the other hospitals."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.validate.charted_between_hospitals import (
    Item,
    for_all,
    items,
    lacking,
    nameless,
    told_lacking,
)

COLUMNS = ["hospital_id", "table", "item", "what", "value", "n"]


def shares(*having: int, stays: int = 100) -> dict[str, Item]:
    """Hospitals A, B, ... by the stays that have an item."""
    return {"ABCDEFGH"[n]: Item(stays, one) for n, one in enumerate(having)}


@pytest.mark.parametrize(
    ("having", "expected"),
    [
        ((50, 98, 100), 50),
        ((50, 98, 100, 99, 30), 50),  # three of four agree
        ((50, 98, 100, 30), 0),  # two of three do not
        ((62, 90, 90), 38),
        ((63, 90, 90), 0),
        ((62, 89, 90), 0),  # not nearly all of another
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
        ("C", "", "", "stays", None, 40),
        ("A", "vital", "spo2", "with", None, 45),
        ("B", "vital", "spo2", "with", None, 39),
        ("A", "vital", "spo2", "repeated", None, 40),
        ("A", "vital", "spo2", "one", "97.0", 4),
        ("A", "vital", "spo2", "repeated one", "97.0", 3),
        ("A", "vital", "spo2", "least", "70.0", 1),
        ("A", "vital", "spo2", "greatest", "100.0", 9),
        ("A", "lab", "crp", "with", None, 20),
    ]
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    ends = {"70.0", "100.0"}
    spo2 = Item(50, 45, 40, {"97.0": 4}, {"97.0": 3}, ends)
    nothing = Item(40, 0, 0, {}, {}, set())
    assert items(frame, "vital") == {"spo2": {"A": spo2, "C": nothing}}
    assert items(frame, "lab")["crp"]["A"].share == 0.4


@pytest.mark.parametrize(
    ("having", "one", "share"),
    [(40, {"1": 30, "2": 5}, 0.75), (40, {"1": 40}, 1), (40, {}, 0), (0, {}, 0)],
)
def test_the_share_of_the_most_frequent_value(
    having: int, one: dict[str, int], share: float
) -> None:
    assert Item(50, having, having, one).share_of_one == share


def charted(table: str = "vital", **having: dict[str, int]) -> pl.DataFrame:
    """Item -> hospital -> the stays that have it, of a hundred each."""
    stays = [(h, "", "", "stays", None, 100) for h in "ABC"]
    rows = [(h, table, item, "with", None, n) for item, of in having.items() for h, n in of.items()]
    return pl.DataFrame([*stays, *rows], schema=COLUMNS, orient="row")


def network(now: pl.DataFrame, before: pl.DataFrame | None = None, sent: str = "ABC") -> object:
    """Hospitals of which some sent the table."""
    results = [SimpleNamespace(hospital_id=h, rows_read={"vital": h in sent}) for h in "ABC"]
    then = now.clear() if before is None else before
    return SimpleNamespace(charted=now, results=results, table_before=lambda *_: then)


ALL = dict.fromkeys("ABC", 99)


def lack(**args: object) -> list[tuple[str, int, int]]:
    return list(for_all("vital")(network(**args)))  # type: ignore[arg-type]


def test_of_each_hospital_the_item_that_most_stays_lack_is_counted() -> None:
    now = charted(spo2={**ALL, "A": 60}, gcs={**ALL, "A": 40}, map=ALL)
    assert lack(now=now) == [("A", 60, 100), ("B", 0, 100), ("C", 0, 100)]


@pytest.mark.parametrize(("then", "lost"), [(45, 0), (46, 60), (99, 60), (None, 60)])
def test_what_was_as_rare_on_the_night_before_is_as_it_should_be(
    then: int | None, lost: int
) -> None:
    """Up to a twentieth of the stays fewer."""
    before = None if then is None else charted(spo2={**ALL, "A": then})
    assert lack(now=charted(spo2={**ALL, "A": 40}), before=before)[0] == ("A", lost, 100)


@pytest.mark.parametrize(
    ("seen", "lost"),
    [
        ({"a": 0, "b": 0, "c": 0}, 100),  # its codes are unknown
        ({"a": 0, "b": 0, "c": 0, "d": 99}, 100),
        ({"a": 0, "b": 0, "c": 99}, 0),  # some are not measured here
        ({"a": 0, "b": 0, "c": 0, "d": 30}, 100),
    ],
)
def test_stays_of_a_hospital_whose_codes_nobody_knows_lack_all(
    seen: dict[str, int], lost: int
) -> None:
    now = charted(**{name: {"A": n, "B": 99, "C": 99} for name, n in seen.items()})
    assert lack(now=now) == [("A", lost, 100), ("B", 0, 100), ("C", 0, 100)]
    assert lack(now=now, sent="BC")[0][1] == (70 if 30 in seen.values() else 0)


def test_a_sign_that_is_rare_is_no_code_that_nobody_knows() -> None:
    """Of a hospital without its codes what is seldom elsewhere is not missed."""
    usual = {name: {"A": 0, "B": 99, "C": 99} for name in ("a", "b", "c")}
    said = told_lacking("vital")(network(charted(**usual, rare={"A": 0, "B": 9, "C": 5})))  # type: ignore[arg-type]
    assert said == "Hospital A: a. Hospital A: b. Hospital A: c."


def test_of_ventilation_nothing_is_lacked_and_five_items_are_told() -> None:
    """Who is ventilated is chosen; a name for several devices is no item."""
    now = charted(
        **{name: {**ALL, "A": 40} for name in ("a", "b", "c", "d", "e", "f", "ventilation")}
    )
    said = told_lacking("vital")(network(now))  # type: ignore[arg-type]
    assert said == " ".join(f"Hospital A: {name}." for name in "abcde")
    assert lack(now=charted(ventilation={**ALL, "A": 40})) == []
