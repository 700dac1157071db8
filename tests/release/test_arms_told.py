"""What means, SMD and KS of both arms tell of counts that are hidden, worked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from test_attack import balanced, described

from ehrivig.release.attack import arms
from ehrivig.release.attack.attack import of_tables
from ehrivig.release.attack.known import Known

Table = dict[str, tuple[int | None, int]]
WHOLE: Table = {"all": (40, 200), "exposed": (30, 100), "control": (10, 100)}
"""Of 100 exposed 30 have it, of 100 controls 10."""
HALF: Table = {"all": (None, 100), "exposed": (None, 50), "control": (None, 50)}
"""As many are unmatched, and nobody says how many of them have it: 50 pairs are matched."""


def known_of(whole: Table, rest: Table | None = None, to: int = 1, **told: float | None) -> Known:
    """What tables of everybody and of the unmatched tell, and the balance beside them."""
    known = Known(rounded_to=to)
    arms.descriptive(known, "table1.csv", described({"copd": whole}))
    if rest is not None:
        arms.descriptive(known, "table_unmatched.csv", described({"copd": rest}))
    arms.balance(known, "balance.csv", balanced(**told))
    arms.parts(known)
    return known


def values(known: Known, people: str, arm: str, enough: int = 99) -> list[int]:
    return known.puzzle.values(arms.name(people, "copd", arm), enough)


def spread(events: tuple[int, int], n: tuple[int, int]) -> float:
    """The root of the mean of both arms' variances of a yes/no variable."""
    of = [
        np.var([1.0] * had + [0.0] * (size - had), ddof=1)
        for had, size in zip(events, n, strict=True)
    ]
    return float(np.sqrt(np.mean(of)))


TEN: Table = {"all": (None, 20), "exposed": (None, 10), "control": (5, 10)}
"""5 of 10 controls have it, and nobody says how many of 10 exposed."""


@pytest.mark.parametrize(
    ("smd", "ks", "found"),
    [
        *((None, 0.2, [3, 7]), (None, 0.0, [5]), (None, 0.5, [0, 10])),
        *((0.4, 0.2, [7]), (-0.4, 0.2, [3]), (0.0, 0.0, [5])),
    ],
)
def test_a_ks_without_a_smd_does_not_say_which_arm_has_more(
    smd: float | None, ks: float, found: list[int]
) -> None:
    known = known_of(TEN, ks_unmatched=ks, smd_unmatched=smd)
    assert values(known, "all", "exposed") == found


@pytest.mark.parametrize(
    ("gap", "of", "found"),
    [(0.1, (30, 10), 7), (-0.02, (30, 10), 1), (0.1, (12, 10), 7), (0.0, (30, 10), 2)],
)
def test_a_smd_of_the_matched_is_their_gap_over_the_spread_of_everybody(
    gap: float, of: tuple[int, int], found: int
) -> None:
    """2 of 50 matched controls have it; of the 50 exposed as many more as the gap of shares."""
    whole = WHOLE | {"exposed": (of[0], 100), "all": (sum(of), 200)}
    told = gap / spread(of, (100, 100))
    known = known_of(whole, HALF, smd_matched=told, mean_control_matched=0.04)
    assert values(known, "matched", "control") == [2]
    assert values(known, "matched", "exposed") == [found]


def test_a_smd_of_the_matched_tells_nothing_where_the_spread_is_unknown() -> None:
    whole = WHOLE | {"exposed": (None, 100), "all": (None, 200)}
    known = known_of(whole, HALF, smd_matched=0.3, mean_control_matched=0.04)
    assert values(known, "matched", "exposed") == list(range(51))


@pytest.mark.parametrize(("to", "found"), [(1, [7]), (5, list(range(33)))])
def test_what_compares_rounded_counts_tells_no_exact_one(to: int, found: list[int]) -> None:
    """A mean of 50 is their count, of rounded counts a rounded one; KS is that of both."""
    known = known_of(WHOLE, HALF, to=to, ks_matched=0.1, smd_matched=0.3, mean_control_matched=0.04)
    assert values(known, "matched", "exposed") == found


@pytest.mark.parametrize(
    ("exposed", "ks", "found"),
    [
        *((50, 0.1, [10]), (40, 0.1, [8]), (40, 0.0, [4]), (40, 0.025, [5])),
        *((40, 0.10003, list(range(31))), (40, None, list(range(31)))),
    ],
)
def test_a_ks_of_unlike_arms_tells_a_count_where_it_is_a_difference_of_shares(
    exposed: int, ks: float | None, found: list[int]
) -> None:
    """5 of 50 matched controls have it; arms of unlike size may be weighted."""
    n = 100 - exposed
    rest: Table = {"exposed": (None, n), "control": (5, 50), "all": (None, n + 50)}
    known = known_of(WHOLE, rest, ks_matched=ks, smd_matched=0.3, mean_exposed_matched=0.9)
    if exposed == 50:
        known = known_of(WHOLE, rest, ks_matched=ks, smd_matched=0.3)
    assert values(known, "matched", "control") == [5]
    assert values(known, "matched", "exposed") == found


@pytest.mark.parametrize(("events", "n"), [((40, 39), (40, 50)), ((0, 9), (40, 50))])
def test_a_smd_of_an_arm_in_which_everybody_or_nobody_has_it(
    events: tuple[int, int], n: tuple[int, int]
) -> None:
    gap = events[0] / n[0] - events[1] / n[1]
    table = described({"copd": {"all": (None, 90), "exposed": (None, 40), "control": (None, 50)}})
    known = Known()
    arms.descriptive(known, "t.csv", table.with_columns(smd=pl.lit(gap / spread(events, n))))
    found = [known.puzzle.values(arms.name("t.csv", "copd", arm), 99) for arm in arms.ARMS]
    assert found == [[events[0]], [events[1]]]


def test_beside_a_count_are_the_other_rows_that_tell_of_its_variable() -> None:
    """Whoever hides a count can hide what stands beside it: not the row of the count itself."""
    tables = {
        "table1.csv": described({"age": WHOLE, "copd": TEN}),
        "table3.csv": described({"copd": TEN}),
        "balance.csv": balanced(),
    }
    found = {(cell.place.file, cell.place.words): cell for cell in of_tables(tables, 5)}
    count = found["table1.csv", "Copd, exposed"]
    beside = {(one.file, one.row, one.variable) for one in count.beside}
    assert beside == {("table3.csv", 0, "copd"), ("balance.csv", 0, "copd")}


def test_everybody_is_the_matched_and_the_unmatched() -> None:
    rest: Table = {"exposed": (18, 50), "control": (None, 40), "all": (None, 90)}
    known = known_of(WHOLE, rest)
    assert values(known, "matched", "exposed") == [12]
    assert values(known, "matched", "control") == list(range(11))
    alone = known_of(WHOLE)
    assert values(alone, "all", "exposed") == [30]
    assert arms.name("unmatched", "copd", "exposed") not in alone.puzzle.lo
