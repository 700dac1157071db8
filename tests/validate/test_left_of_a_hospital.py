"""How much of a hospital is left, and what it does not send though others do: at the limits."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig import study
from ehrivig.validate import left
from ehrivig.validate.network import Network
from ehrivig.validate.result import HospitalResult

PLAN = study.load("ivig_covid19")
COUNTS = {"hospital_id": pl.String, "n": pl.Int64}


def result(name: str, **rows: tuple[int, int]) -> HospitalResult:
    """Table -> rows read, rows set aside."""
    read = {table: n for table, (n, _) in rows.items()}
    gone = {table: n for table, (_, n) in rows.items() if n}
    return HospitalResult(name, [], read, gone)


def network(*results: HospitalResult, **counts: dict[str, int]) -> Network:
    """`counts`: small table -> hospital -> n."""

    def scan(name: str, hospitals: object) -> pl.LazyFrame:
        rows = list(counts.get(name.removeprefix("quality/"), {}).items())
        return pl.DataFrame(rows, schema=COUNTS, orient="row").lazy()

    return Network(PLAN, (), results, [], [], scan)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], ("A", "medication", 0.8)),
        ([result("B", lab=(50, 30))], ("B", "lab", 0.4)),
        ([result("B", lab=(50, 5))], ("A", "medication", 0.8)),
        ([result("B", lab=(10, 7))], ("A", "medication", 0.8)),  # three are left: not told
        ([result("B", lab=(4, 4))], ("A", "medication", 0.8)),  # nor that four were lost
        ([result("B", lab=(9, 9))], ("B", "lab", 0)),
    ],
)
def test_of_what_least_is_left_that_may_be_told(
    others: list[HospitalResult], expected: tuple[str, str, float]
) -> None:
    found = left.smallest_kept([result("A", hospital=(1, 1), medication=(100, 20)), *others], 5)
    assert found is not None
    assert (found.hospital_id, found.table) == expected[:2]
    assert found.share == pytest.approx(expected[2])


def test_where_nothing_was_read_nothing_is_least() -> None:
    assert left.smallest_kept([result("A", hospital=(1, 0))], 5) is None
    assert left.smallest_kept([result("A", lab=(100, 3))], 5) is None  # how few is not told


def test_a_table_without_rows_is_not_counted() -> None:
    assert left.lost(result("A", lab=(10, 0)), "lab") == (0, 10)
    assert list(left.rows_left("vital")(network(result("A", lab=(10, 0))))) == []


@pytest.mark.parametrize("by", ["criteria", "covariates", "outcomes", "nobody"])
def test_a_table_that_nobody_sends_is_missed_by_who_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    for name in ("criteria", "covariates", "outcomes"):
        asked = {"lab"} if name == by else set()
        monkeypatch.setattr(left, f"by_{name}", lambda _, asked=asked: asked)
    found = network(result("A", admission=(9, 0)), result("B", admission=(9, 0)))
    missed = int(by != "nobody")
    assert list(left.table_sent("lab")(found)) == [("A", missed, 1), ("B", missed, 1)]


@pytest.mark.parametrize(
    ("sends", "lacks"),
    [("A", ""), ("AB", "CD"), ("ABC", "D"), ("ABCD", "")],
)
def test_what_half_of_the_hospitals_send_the_others_lack(
    monkeypatch: pytest.MonkeyPatch, sends: str, lacks: str
) -> None:
    monkeypatch.setattr(left, "by_criteria", lambda _: set())
    drawn = [result(h, admission=(9, 0), **({"lab": (9, 0)} if h in sends else {})) for h in "ABCD"]
    found = list(left.table_sent("lab")(network(*drawn)))
    assert found == [(h, int(h in lacks), 1) for h in "ABCD"]
    two = [drawn[0], result("B", admission=(9, 0))]
    assert list(left.table_sent("lab")(network(*two))) == [("A", 0, 1), ("B", 1, 1)]
    assert list(left.table_sent("lab")(network(drawn[0]))) == []


def test_doses_that_nobody_can_read_of_those_that_were_given() -> None:
    found = network(
        *(result(h) for h in "ABCDE"),
        unread_exposure={"A": 5, "B": 4, "E": 5},
        dose_unit={"A": 15, "B": 6, "D": 7},
    )
    counts = [("A", 5, 20), ("B", 0, 10), ("D", 0, 7), ("E", 5, 5)]
    assert list(left.exposure_left(found)) == counts


@pytest.mark.parametrize(
    ("rows", "own", "elsewhere", "expected"),
    [
        (100, {}, 100, [("A", 100, 100)]),  # a tenth of the administrations elsewhere
        (100, {}, 99, [("A", 0, 100)]),
        (99, {}, 100, []),  # a hundred administrations say something
        (100, {"dose_unit": 1}, 100, [("A", 0, 100)]),
        (100, {"unread_exposure": 1}, 100, [("A", 0, 100)]),
    ],
)
def test_administrations_without_the_exposure_that_is_usual_elsewhere(
    rows: int, own: dict[str, int], elsewhere: int, expected: list[tuple[str, int, int]]
) -> None:
    doses = {"B": elsewhere, **({"A": own["dose_unit"]} if "dose_unit" in own else {})}
    unread = {"A": own["unread_exposure"]} if "unread_exposure" in own else {}
    drawn = [result("A", medication=(rows, 0)), result("B", medication=(1000, 0)), result("C")]
    found = network(*drawn, dose_unit=doses, unread_exposure=unread)
    assert list(left.exposure_sent(found)) == [*expected, ("B", 0, 1000)]
    alone = network(drawn[0])
    assert list(left.exposure_sent(alone)) == [(h, 0, n) for h, _, n in expected]
