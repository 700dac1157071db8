"""What one number tells of a count: as it is, rounded, rounded down, or as a difference."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.errors import UsageError
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.ledger import ledger, procedures
from ehrivig.release.attack.multiples import TABLE, limits, rounded_to
from ehrivig.study.registries.names import PROCEDURES

SMALLEST = 5
PLACE = Place("table1.csv", 3, "Stroke, exposed", "stroke")


def between(known: Known, cell: str) -> tuple[int, int]:
    return known.puzzle.lo[cell], known.puzzle.hi[cell]


@pytest.mark.parametrize(
    ("value", "to", "smallest", "of"),
    [
        *((12, 1, 5, (12, 12)), (0, 5, 5, (0, 0)), (20, 5, 5, (18, 22)), (20, 10, 5, (15, 24))),
        *((20, 2, 5, (19, 20)), (5, 5, 5, (5, 7)), (1, 5, 0, (0, 3)), (3, 10, 0, (0, 7))),
    ],
)
def test_a_rounded_count_is_any_that_rounds_to_it_and_none_of_few(
    value: int, to: int, smallest: int, of: tuple[int, int]
) -> None:
    assert limits(value, to, smallest) == of


@pytest.mark.parametrize(("to", "slack"), [(1, 0), (2, 1), (5, 4)])
def test_a_difference_of_two_rounded_counts_is_off_by_less_than_a_multiple(
    to: int, slack: int
) -> None:
    known = Known(rounded_to=to)
    known.apart("twelve", 12)
    known.apart("none", 0)
    known.apart("two", 2)
    known.apart("fewer", -9)
    assert between(known, "twelve") == (12 - slack, 12 + slack)
    assert between(known, "none") == (0, slack)
    assert between(known, "two") == (max(2 - slack, 0), 2 + slack)
    assert between(known, "fewer") == (0, 0)
    assert known.is_shown("twelve") == (to == 1)


@pytest.mark.parametrize(("down", "most"), [(1, 20), (5, 24), (10, 29)])
def test_a_count_that_is_rounded_down(down: int, most: int) -> None:
    known = Known()
    known.told_down("rows", 20, down)
    assert between(known, "rows") == (20, most)
    assert known.shown["rows"] == 20


@pytest.mark.parametrize(
    ("to", "value", "large"),
    [(1, 90, False), (2, 7, True), (2, 6, False), (5, 9, True), (5, 8, False), (10, 15, True)],
)
def test_a_rounded_count_that_is_surely_of_enough_is_not_asked_for(
    to: int, value: int, large: bool
) -> None:
    """It and the whole that it is of may each be half a multiple less than they say."""
    known = Known(rounded_to=to)
    known.people("cell", PLACE)
    known.told("cell", value)
    assert known.is_large("cell", SMALLEST) is large
    known.people("hidden", PLACE)
    assert not known.is_large("hidden", SMALLEST)


@pytest.mark.parametrize(("to", "slack"), [(1, 0), (2, 1), (5, 2)])
def test_those_who_have_it_and_the_others_are_all(to: int, slack: int) -> None:
    known = Known(rounded_to=to)
    known.people("cell", PLACE, of=40)
    assert known.where["cell"].words == "Stroke, exposed"
    assert known.where["cell|rest"] == Place(
        "table1.csv", 3, "Stroke, exposed, the others", "stroke"
    )
    assert known.puzzle.hi["cell"] == 40 + slack
    (fact,) = known.puzzle.facts
    assert (fact.terms, fact.lo, fact.hi) == (
        {"cell": 1, "cell|rest": 1},
        40 - slack,
        40 + slack,
    )
    assert known.value("cell") is known.value("cell|rest") is None
    known.told("cell", 10)
    assert (known.value("cell"), known.value("cell|rest")) == (10, 30)


def test_a_count_of_nobody_knows_how_many_tells_of_no_others() -> None:
    known = Known()
    known.people("cell", PLACE)
    known.told("cell", 3)
    assert list(known.where) == ["cell"]
    assert known.value("cell|rest") is None
    known.people("cell", Place("table2.csv", 0, "again"))
    assert known.where["cell"] == PLACE  # where it stands first


def test_a_shown_count_that_something_contradicts_is_not_taken_as_told() -> None:
    known = Known()
    known.people("cell", PLACE)
    known.told("cell", 3)
    assert known.is_shown("cell")
    known.told("cell", 4)
    assert not known.is_shown("cell")


def test_the_words_of_a_row_name_its_variable_once() -> None:
    known = Known()
    known.speaks(PLACE, "stroke", "Any Stroke")
    known.speaks(Place("table2.csv", 1, "x"), "other", "any stroke")
    assert known.named == {"stroke": "stroke", "any stroke": "stroke", "other": "other"}
    assert [place.variable for place in known.spoken_of["other"]] == ["other"]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"counts_rounded_to": [5], "smallest_cell": [7]}, (5, 7)),
        ({"counts_rounded_to": [100], "smallest_cell": [100]}, (100, 100)),
        ({"counts_rounded_to": [0], "smallest_cell": [0]}, (1, 0)),
        ({"counts_rounded_to": [5]}, (1, 0)),
    ],
)
def test_to_what_a_release_says_that_it_is_rounded(
    frame: dict[str, list[int]], told: tuple[int, int]
) -> None:
    assert rounded_to({TABLE: pl.DataFrame(frame)}) == told
    assert rounded_to({}) == (1, 0)


@pytest.mark.parametrize("wrong", [(101, 5), (5, 101), (-1, 5), (5, -1), (2.5, 5), ("x", 5)])
def test_no_multiple_is_refused(wrong: tuple[object, object]) -> None:
    frame = pl.DataFrame({"counts_rounded_to": [wrong[0]], "smallest_cell": [wrong[1]]})
    with pytest.raises(UsageError, match="no whole numbers up to 100"):
        rounded_to({TABLE: frame})


def spent(
    table: str, read: int | None, out: int | None, quarantined: int | None, **more: int
) -> pl.DataFrame:
    row = {"table": table, "hospital_id": "A", "rows_read": read, "rows_used": 90}
    row |= {"rows_out_of_scope": out, "rows_quarantined": quarantined}
    return pl.DataFrame([row | more])


@pytest.mark.parametrize(
    ("read", "out", "quarantined", "hidden", "values"),
    [
        (100, 8, None, "rows_quarantined", [2]),
        (100, None, 2, "rows_out_of_scope", [8]),
        (None, 8, 2, "rows_read", [100]),
    ],
)
def test_rows_read_are_used_out_of_scope_or_quarantined(
    read: int | None, out: int | None, quarantined: int | None, hidden: str, values: list[int]
) -> None:
    known = Known()
    ledger(known, "ledger.csv", spent("lab", read, out, quarantined))
    assert known.puzzle.values(f"{hidden}|lab|A", SMALLEST) == values
    assert known.where == {
        "rows_quarantined|lab|A": Place("ledger.csv", 0, "lab: rows quarantined, A")
    }


def test_rows_that_are_rounded_down_tell_of_no_few() -> None:
    known = Known()
    ledger(known, "ledger.csv", spent("lab", 100, 10, None, rounded_down_to=10))
    assert known.puzzle.values("rows_quarantined|lab|A", SMALLEST) == [0, 1, 2, 3, 4]


def test_the_list_of_hospitals_is_exact_and_of_no_people() -> None:
    known = Known()
    ledger(known, "ledger.csv", spent("hospital", 100, 8, None, rounded_down_to=10))
    assert between(known, "rows_read|hospital|A") == (100, 100)
    assert known.where == {}


def test_each_procedure_has_a_row_of_it() -> None:
    """Of 90 rows 80 are of who had the first: who had another are at most 10, as a guess 10."""
    known = Known()
    ledger(known, "ledger.csv", spent("procedure", 92, 2, 0))
    first, second = (f"table2.csv|{name}|all" for name in PROCEDURES.names[:2])
    for cell in (first, second):
        known.people(cell, PLACE)
    known.told(first, 80)
    procedures(known)
    told, guess = known.puzzle.facts[-2:]
    assert told.terms == guess.terms == {"rows_used|procedure|A": 1, first: -1, second: -1}
    assert (told.lo, told.assumed, guess.lo, guess.hi, guess.assumed) == (0, False, 0, 0, True)
    assert known.puzzle.values(second, SMALLEST) == [10]


def test_without_the_rows_or_the_people_of_a_procedure_nothing_follows() -> None:
    known = Known()
    ledger(known, "ledger.csv", spent("procedure", 92, 2, 0))
    told = len(known.puzzle.facts)
    procedures(known)
    other = Known()
    other.people(f"table2.csv|{PROCEDURES.names[0]}|all", PLACE)
    procedures(other)
    assert (len(known.puzzle.facts), other.puzzle.facts) == (told, [])
