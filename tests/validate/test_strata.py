"""Tables that have rows of some people and none of others."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.validate import strata

Row = tuple[str, str, int, int]
SEXES = ("sex", "female", 80, 0), ("sex", "male", 100, 40)


def counted(table: str, *rows: Row, item: str = "", hospital: str = "A") -> pl.DataFrame:
    """Stays and covered stays of parts of a hospital: stratum, part, both numbers."""
    columns = ["hospital_id", "table", "item", "stratum", "part", "n_stays", "n_covered"]
    of = [(hospital, table, "", *row) for row in rows]
    if item:
        whole = [(hospital, table, "", stratum, part, n, n) for stratum, part, n, _ in rows]
        of = [*whole, *((hospital, table, item, *row[:2], 0, row[3]) for row in rows if row[3])]
    return pl.DataFrame(of, schema=columns, orient="row")


def missing(table: str, *rows: tuple[str, str, int, int]) -> dict[str, int]:
    """Part -> stays without rows that should have some, of parts that lack any."""
    found = strata.parts(counted(table, *rows), table)
    return {part.value: part.missing for part in found if part.missing}


@pytest.mark.parametrize(
    ("table", "rows", "expected"),
    [
        ("lab", [("sex", "female", 80, 0), ("sex", "male", 100, 90)], {"female": 72}),
        ("lab", [("sex", "female", 80, 5), ("sex", "male", 100, 90)], {"female": 67}),
        ("lab", [("sex", "female", 80, 40), ("sex", "male", 100, 90)], {}),
        ("lab", [("sex", "female", 19, 0), ("sex", "male", 100, 90)], {}),  # too few to say
        ("lab", [("age", "from 65", 24, 3), ("age", "below 65", 60, 31)], {}),  # chance of many
        ("lab", [("age", "from 65", 24, 0), ("age", "below 65", 60, 31)], {"from 65": 12}),
        ("icu_stay", [("sex", "female", 80, 0), ("sex", "male", 100, 13)], {}),  # rare in all
        ("icu_stay", [("sex", "female", 300, 2), ("sex", "male", 400, 40)], {"female": 28}),
        ("icu_stay", [("age", "from 65", 300, 2), ("age", "below 65", 400, 40)], {}),
        ("lab", [("end", "died", 20, 0), ("end", "discharged", 100, 100)], {"died": 20}),
        # intensive care takes in those who die, and who are treated
        ("vital", [("exposure", "given", 20, 20), ("exposure", "not given", 50, 0)], {}),
        ("icu_stay", [("end", "died", 20, 20), ("end", "discharged", 50, 0)], {}),
        ("score", [("exposure", "given", 30, 0), ("exposure", "not given", 50, 50)], {"given": 30}),
        (
            "vital",
            [("month", f"2020-0{m}", 30, n) for m, n in ((1, 0), (2, 30), (3, 0), (4, 30), (5, 0))],
            {"2020-03": 15},  # what begins late, or ends early, is told by other checks
        ),
        ("score", [("month", f"2020-0{m}", 30, n) for m, n in ((2, 30), (3, 0), (4, 30))], {}),
    ],
)
def test_who_lacks_rows(
    table: str, rows: list[tuple[str, str, int, int]], expected: dict[str, int]
) -> None:
    assert missing(table, *rows) == expected


def test_an_item_that_one_sex_lacks_is_told_by_its_name() -> None:
    frame = counted("lab", *(("sex", "female", 80, 0), ("sex", "male", 100, 90)), item="crp")
    found = [part for part in strata.parts(frame, "lab") if part.missing]
    assert [(part.item, part.value, part.missing) for part in found] == [("crp", "female", 72)]
    assert "0 of 80 have rows of crp, of the others 90%." in found[0].told(5)


@pytest.mark.parametrize(
    ("rows", "elsewhere", "expected"),
    [
        (SEXES, (*SEXES[1:], ("sex", "female", 80, 30)), 32),  # others treat women
        (SEXES, SEXES, 0),  # nobody does
        ((("sex", "female", 80, 9), SEXES[1]), (("sex", "female", 80, 30), SEXES[1]), 0),
        (tuple(("month", f"2020-0{m}", 80, n) for m, n in ((1, 30), (2, 0), (3, 30))), (), 30),
        (tuple(("month", f"2020-0{m}", 40, n) for m, n in ((1, 8), (2, 0), (3, 8))), (), 0),
        ((("age", "below 65", 80, 0), ("age", "from 65", 100, 90)), (), 0),  # care
    ],
)
def test_the_exposure_of_one_sex_or_month(
    rows: tuple[Row, ...], elsewhere: tuple[Row, ...], expected: int
) -> None:
    two = [
        counted("medication", *of, item=strata.EXPOSURE, hospital=name)
        for name, of in (("A", rows), ("B", elsewhere))
        if of
    ]
    network = SimpleNamespace(table=lambda name: pl.concat(two))
    found = {h: n for h, n, _ in strata.of_everybody("medication")(network)}  # type: ignore[arg-type]
    assert found.get("A", 0) == expected


@pytest.mark.parametrize(
    ("women", "others", "expected"),
    [(0, 50, 100), (3, 50, 97), (6, 50, 0), (0, 5, 0)],
)
def test_one_sex_of_nearly_all(women: int, others: int, expected: int) -> None:
    sexes = {"A": women, "B": others, "C": others, "D": others}
    frame = pl.concat(
        counted("lab", ("sex", "female", n, n), ("sex", "male", 100 - n, 0), hospital=name)
        for name, n in sexes.items()
    )
    found = {h: n for h, n, _ in strata.one_sex(SimpleNamespace(table=lambda name: frame))}  # type: ignore[arg-type]
    assert found["A"] == expected


def test_of_many_hospitals_three_are_told() -> None:
    frame = pl.concat(
        counted("lab", ("sex", "female", 80, 0), ("sex", "male", 100, 90), hospital=name)
        for name in "ABCDE"
    )
    study = SimpleNamespace(report=SimpleNamespace(smallest_cell=5))
    said = strata.told("lab")(SimpleNamespace(table=lambda name: frame, study=study))  # type: ignore[arg-type]
    assert [f"Hospital {name}, lab" in said for name in "ABCDE"] == [True] * 3 + [False] * 2


def test_it_is_told_of_whom_and_no_small_count() -> None:
    rows = ("sex", "female", 80, 2), ("sex", "male", 100, 90)
    (part,) = (p for p in strata.parts(counted("lab", *rows), "lab") if p.missing)
    assert part.told(5) == (
        "Hospital A, lab: of the stays with sex female <5 of 80 have rows, of the others 90%."
    )


@pytest.mark.parametrize(
    ("women", "men", "expected"), [(60, 0, 180), (58, 2, 174), (50, 10, 0), (20, 0, None)]
)
def test_one_sex_of_all_hospitals(women: int, men: int, expected: int | None) -> None:
    """No hospital tells what is usual where all send one sex; a hundred stays and more do."""
    rows = ("sex", "female", women, women), ("sex", "male", men, men)
    frame = pl.concat([counted("lab", *rows, hospital=name) for name in "ABC"])
    found = {name: n for name, n, _ in strata.one_sex(SimpleNamespace(table=lambda _: frame))}
    assert found.pop("all", None) == expected
    assert not any(found.values())
