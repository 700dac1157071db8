"""At which counts a table came in part: by month, by stay, by night and beside the others."""

from __future__ import annotations

import pytest

from ehrivig.validate.arrived import early_ends, fewer_stays, late_begins, shrunk_months
from ehrivig.validate.volume import against_hospitals, against_nights, expected, volumes

Months = dict[tuple[str, str], dict[int, int]]
STAYS, ROWS = 10_000, {"admission": 1, "patient": 1, "lab": 40, "vital": 60, "medication": 9}


def months(*rows: int, hospital: str = "A", table: str = "lab") -> Months:
    """Rows of a table by month."""
    return {(hospital, table): {month: n for month, n in enumerate(rows, 24_240) if n}}


def beside(*rows: int, tables: tuple[str, ...] = ("vital", "medication", "diagnosis")) -> Months:
    """The same rows of other tables."""
    return {key: of for table in tables for key, of in months(*rows, table=table).items()}


@pytest.mark.parametrize(
    ("then", "now", "missing"),
    [((500, 200), (500, 99), 101), ((500, 200), (500, 100), 0), ((500, 199), (500, 0), 0)],
)
def test_a_month_of_200_rows_tells_of_half_of_them(
    then: tuple[int, ...], now: tuple[int, ...], missing: int
) -> None:
    assert list(shrunk_months(months(*now), months(*then), "lab")) == [
        ("A", missing, missing + sum(now))
    ]


@pytest.mark.parametrize(
    ("there", "stays", "stays_then", "expected"),
    [
        (0, 50, 400, [("A", 50, 50)]),
        (0, 49, 400, []),
        (0, 400, 49, []),
        (None, 400, 400, [("A", 400, 400)]),  # no row at all
        (25, 50, 400, [("A", 0, 50)]),
    ],
)
def test_of_fifty_stays_half_must_have_what_all_had(
    there: int | None, stays: int, stays_then: int, expected: list[tuple[str, int, int]]
) -> None:
    now = {} if there is None else {("A", "lab"): there}
    then = {("A", "lab"): stays_then}
    assert list(fewer_stays(now, then, {"A": stays}, {"A": stays_then}, "lab")) == expected
    assert list(fewer_stays(now, then, {}, {"A": stays_then}, "lab")) == []


@pytest.mark.parametrize(
    ("lab", "others", "missing"),
    [
        ((100, 170), (90, 180, 30), 30),  # a tenth of the others' rows
        ((100, 170), (90, 181, 30), 0),
        ((100, 100), (90, 180, 30), 22),
        ((100, 100), (0, 0, 200), 0),  # nothing of them lies beside it
        ((100, 100), (100, 70, 29), 0),  # others of fewer than 200 rows
        ((100, 100), (100, 70, 30), 35),
    ],
)
def test_a_tenth_of_the_others_beyond_the_end_of_a_table(
    lab: tuple[int, ...], others: tuple[int, ...], missing: int
) -> None:
    came = sum(lab)
    now = {**months(*lab), **beside(*others)}
    assert list(early_ends(now, "lab")) == [("A", missing, missing + came)]
    back = {**months(0, *lab[::-1]), **beside(*others[::-1])}
    assert list(late_begins(back, "lab")) == [("A", missing, missing + came)]


def test_a_table_of_few_rows_neither_ends_nor_begins() -> None:
    assert list(early_ends({**months(100, 99), **beside(300, 300, 300)}, "lab")) == []
    two = {**months(100, 100), **beside(300, 300, 300, tables=("vital", "medication"))}
    assert list(early_ends(two, "lab")) == [("A", 0, 200)]  # two other tables are no habit


def test_hospitals_are_told_in_their_order() -> None:
    then = {**months(500, 300, hospital="B"), **months(500, 500, hospital="A")}
    assert [one[0] for one in shrunk_months({}, then, "lab")] == ["A", "B"]


@pytest.mark.parametrize(
    ("series", "then", "limit"),
    [
        ([2000] * 4 + [1000] * 4, 1000, 750),  # of eight nights the last seven
        ([1000, 1000, 1000, 750], 1000, 750),
        ([1000, 1000, 1000, 749], 749, 374.5),
    ],
)
def test_which_nights_tell_what_should_come(series: list[int], then: int, limit: float) -> None:
    nights = [{("A", "admission"): STAYS, ("A", "lab"): n} for n in series]
    assert expected(series[-7:]) == (then, limit)
    few = {("A", "admission"): STAYS, ("A", "lab"): int(limit) - 1}
    assert against_nights(few, nights) == {("A", "lab"): then}


@pytest.mark.parametrize(("rows", "told"), [(49, True), (50, False), (None, True)])
def test_less_than_half_of_one_night_came_in_part(rows: int | None, told: bool) -> None:
    night = {("A", "admission"): STAYS, ("A", "lab"): 100}
    now = {("A", "admission"): STAYS} | ({} if rows is None else {("A", "lab"): rows})
    assert against_nights(now, [night]) == ({("A", "lab"): 100} if told else {})


def test_volumes_are_of_tables_that_have_some_rows() -> None:
    """The list of hospitals is no table of rows; a table that never came is none."""
    now = {("A", "hospital"): 3, ("A", "lab"): 0, ("A", "vital"): 9}
    assert [one.counts for one in volumes(now, [])] == [("A", 0, 9)]


def network(stays: int = 400, **of: dict[str, float]) -> dict[tuple[str, str], int]:
    """Five hospitals alike; `of`: table -> hospital -> by what its rows are multiplied."""
    rows = {**ROWS, "diagnosis": 5}
    return {
        (hospital, table): round(stays * n * of.get(table, {}).get(hospital, 1))
        for hospital in "ABCDE"
        for table, n in rows.items()
    }


@pytest.mark.parametrize(
    ("stays", "of", "then"),
    [
        (400, {"lab": {"B": 0.49}}, {("B", "lab"): 16_000}),
        (400, {"lab": {"B": 0.52}}, {}),
        (100, {"diagnosis": {"B": 0.33}}, {("B", "diagnosis"): 500}),
        (99, {"diagnosis": {"B": 0.33}}, {}),  # 495 are few
        (50, {"lab": {"B": 0.33}}, {("B", "lab"): 2_000}),
        (49, {"lab": {"B": 0.33}}, {}),
        # six times as far as the others differ in this table
        (
            400,
            {"lab": {"A": 1.08, "B": 0.33, "C": 0.93, "D": 1.08, "E": 0.93}},
            {("B", "lab"): 16_035},
        ),
        (400, {"lab": {"A": 1.09, "B": 0.33, "C": 0.92, "D": 1.09, "E": 0.92}}, {}),
        # four times as far as a tenth of the tables of the others lies
        (
            400,
            {"lab": {"B": 0.33}, "vital": {"A": 1.2, "C": 0.84, "D": 1.2, "E": 0.84}},
            {("B", "lab"): 16_000},
        ),
        (400, {"lab": {"B": 0.33}, "vital": {"A": 1.3, "C": 0.8, "D": 1.3, "E": 0.8}}, {}),
    ],
)
def test_how_far_from_the_others_a_table_came_in_part(
    stays: int, of: dict[str, dict[str, float]], then: dict[tuple[str, str], int]
) -> None:
    assert against_hospitals(network(stays, **of)) == then


def test_four_hospitals_with_tables_enough_are_compared() -> None:
    """A table is held against the others of its hospital: of these it needs four."""
    now = network(lab={"B": 0.33})
    thin = {
        key: n for key, n in now.items() if key[0] not in "DE" or key[1] in ("admission", "lab")
    }
    assert against_hospitals(thin) == {}
    four = {key: n for key, n in now.items() if key[0] != "E"}
    assert against_hospitals(four) == {("B", "lab"): 16_000}
