"""Tables that have rows of some people and none of others."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.concepts.library import concept
from ehrivig.database import Database
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
        ("lab", [("sex", "female", 80, 19), ("sex", "male", 100, 100)], {"female": 61}),
        ("lab", [("sex", "female", 80, 20), ("sex", "male", 100, 100)], {}),  # a quarter of these
        ("lab", [("sex", "female", 20, 0), ("sex", "male", 100, 90)], {"female": 18}),
        ("lab", [("sex", "female", 19, 0), ("sex", "male", 100, 90)], {}),  # too few to say
        ("lab", [("age", "from 65", 24, 3), ("age", "below 65", 60, 31)], {}),  # chance of many
        ("lab", [("age", "from 65", 24, 0), ("age", "below 65", 60, 31)], {"from 65": 12}),
        ("lab", [("age", "from 65", 80, 0), ("age", "below 65", 100, 50)], {"from 65": 40}),
        ("lab", [("age", "from 65", 80, 0), ("age", "below 65", 100, 49)], {}),
        ("icu_stay", [("sex", "female", 80, 0), ("sex", "male", 100, 13)], {}),  # rare in all
        ("icu_stay", [("sex", "female", 300, 2), ("sex", "male", 400, 40)], {"female": 28}),
        ("icu_stay", [("sex", "female", 200, 0), ("sex", "male", 100, 10)], {"female": 20}),
        ("icu_stay", [("sex", "female", 199, 0), ("sex", "male", 100, 10)], {}),
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
        (  # a table begins with its first row, and ends with its last
            "lab",
            [("month", f"2020-{m:02}", 30, n) for m, n in enumerate((0, 0, 30, 30, 30, 0, 0), 1)],
            {},
        ),
        (
            "lab",
            [
                ("month", f"2020-{m:02}", 30, n)
                for m, n in enumerate((1, 0, 30, 30, 30, 30, 0, 1), 1)
            ],
            {"2020-02": 17, "2020-07": 17},
        ),
        ("score", [("month", f"2020-0{m}", 30, n) for m, n in ((2, 30), (3, 0), (4, 30))], {}),
    ],
)
def test_who_lacks_rows(
    table: str, rows: list[tuple[str, str, int, int]], expected: dict[str, int]
) -> None:
    assert missing(table, *rows) == expected


@pytest.mark.parametrize(
    ("women", "men", "expected"),
    [((80, 22), (100, 90), 0), ((300, 67), (100, 90), 203), ((300, 68), (100, 90), 0)],
)
def test_an_item_that_few_of_one_sex_have_be_they_many_or_few(
    women: tuple[int, int], men: tuple[int, int], expected: int
) -> None:
    """As of whole tables: less than a quarter of the share that the others have."""
    rows = ("sex", "female", *women), ("sex", "male", *men)
    of_item = strata.parts(counted("lab", *rows, item="crp"), "lab")
    assert sum(part.missing for part in of_item) == expected
    assert missing("lab", *rows).get("female", 0) == expected


def test_an_item_that_one_sex_lacks_is_told_by_its_name() -> None:
    frame = counted("lab", *(("sex", "female", 80, 0), ("sex", "male", 100, 90)), item="crp")
    found = [part for part in strata.parts(frame, "lab") if part.missing]
    assert [(part.item, part.value, part.missing) for part in found] == [("crp", "female", 72)]
    assert "0 of 80 have rows of crp, of the others 90%." in found[0].told(5)


@pytest.mark.parametrize(
    ("rows", "elsewhere", "expected"),
    [
        (SEXES, (*SEXES[1:], ("sex", "female", 80, 30)), 32),  # others treat women
        (SEXES, (SEXES[1], ("sex", "female", 80, 1)), 32),  # one woman is enough
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
    ("women", "men", "expected"), [(20, 20, (0, 160)), (0, 40, (40, 160)), (0, 0, None)]
)
def test_of_each_hospital_with_rows_all_stays_are_counted(
    women: int, men: int, expected: tuple[int, int] | None
) -> None:
    frame = counted("lab", ("sex", "female", 80, women), ("sex", "male", 80, men))
    network = SimpleNamespace(table=lambda name: frame)
    found = {h: counts for h, *counts in strata.of_everybody("lab")(network)}  # type: ignore[arg-type]
    assert found == ({"A": [*expected]} if expected else {})


@pytest.mark.parametrize(
    ("women", "others", "expected"),
    [(0, 50, 100), (3, 50, 97), (5, 50, 95), (6, 50, 0), (0, 5, 0), (0, 20, 0), (0, 21, 100)],
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
    ("own", "others", "expected"),
    [
        (100, (50, 50), 100),
        (100, (50,), 0),  # one other is no habit
        (100, (50, 50, 50, 0), 100),  # three of four have both
        (100, (50, 50, 0, 0), 0),
        (40, (50, 50), 40),
        (39, (50, 50), None),  # too few
    ],
)
def test_of_how_many_others_both_sexes_are_expected(
    own: int, others: tuple[int, ...], expected: int | None
) -> None:
    """Ages, and other tables, count nobody twice."""
    sexes = {"A": (0, own), **{f"B{n}": (women, 100 - women) for n, women in enumerate(others)}}
    frame = pl.concat(
        counted(
            table,
            *(("sex", "female", women, 0), ("sex", "male", men, 0)),
            *(("age", "from 65", men, 0), ("age", "below 65", women, 0)),
            hospital=name,
        )
        for name, (women, men) in sexes.items()
        for table in ("lab", "vital")
    )
    found = {h: n for h, n, _ in strata.one_sex(SimpleNamespace(table=lambda name: frame))}  # type: ignore[arg-type]
    assert found.get("A") == expected


@pytest.mark.parametrize(
    ("sexes", "expected"),
    [
        ([(50, 0), (50, 0)], {"all": 100}),
        ([(48, 2), (47, 3)], {"all": 95}),
        ([(48, 2), (46, 4)], {"all": 0}),
        ([(50, 0), (49, 0)], {}),  # too few
        ([(150, 0)], {}),  # one hospital may be one of women
    ],
)
def test_when_all_hospitals_together_are_of_one_sex(
    sexes: list[tuple[int, int]], expected: dict[str, int]
) -> None:
    frame = pl.concat(
        counted("lab", ("sex", "female", women, 0), ("sex", "male", men, 0), hospital=f"H{n}")
        for n, (women, men) in enumerate(sexes)
    )
    found = {h: n for h, n, _ in strata.one_sex(SimpleNamespace(table=lambda name: frame))}  # type: ignore[arg-type]
    assert {h: n for h, n in found.items() if h == "all"} == expected


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


ADMISSIONS = """
    SELECT * FROM (VALUES
        (1, 'p1', TIMESTAMP '2020-01-10', 'died', 65),
        (2, 'p2', TIMESTAMP '2020-02-10', 'home', 64),
        (3, 'p3', TIMESTAMP '2020-02-11', 'unknown', NULL),
        (4, 'p4', TIMESTAMP '2020-02-12', 'home', 17),
        (5, 'p5', NULL, 'home', 18),
        (6, 'p1', TIMESTAMP '2020-03-10', 'home', 65)
    ) AS t (admission_id, patient_id, admitted_at, discharge_status, age_years)
"""
PATIENTS = """
    SELECT * FROM (VALUES
        ('p1', 'female', NULL), ('p2', 'male', DATE '1900-01-01'),
        ('p3', 'unknown', DATE '1954-01-01'), ('p4', NULL, NULL)
    ) AS t (patient_id, sex, birth_date)
"""
"""Of p5 nobody sent who it is; stay 6 is not among those that are counted."""


@pytest.fixture(scope="module")
def counts() -> dict[tuple[str, str, str], dict[str, tuple[int, int]]]:
    """(table, item, stratum) -> part -> stays, and those with rows, of five stays.

    Stay 1 has two results of crp, and one of another analyte; stay 2 has one of crp, and a dose.
    """
    with Database() as db:
        db.execute("CREATE SCHEMA gate")
        db.macro("given", ["administration"], concept("given"))
        db.execute(
            f"CREATE TABLE main.admission AS SELECT 'A' AS hospital_id, * FROM ({ADMISSIONS})"
        )
        db.execute(f"CREATE TABLE main.patient AS {PATIENTS}")
        db.execute(
            "CREATE TABLE gate.stay AS SELECT admission_id, admission_id < 6 AS stay_counted "
            "FROM main.admission"
        )
        db.execute(
            "CREATE TABLE gate.exposure_row AS SELECT 'A' AS hospital_id, 2 AS admission_id, "
            "TIMESTAMP '2020-02-11' AS started_at, NULL::TIMESTAMP AS stopped_at, "
            "'given' AS status, 5.0 AS dose FROM range(2)"
        )
        for table in strata.CHECKED:
            has = table in ("lab", "vital", "score")
            db.execute(
                f"CREATE TABLE gate.came_{table} AS SELECT admission_id FROM main.admission "
                f"WHERE {has} AND admission_id IN (1, 2, 6)"
            )
        for table, item in (("lab", "crp"), ("vital", "spo2"), ("score", "sofa")):
            db.execute(
                f"CREATE TABLE gate.charted_{table} AS SELECT '{item}' AS item, 1 AS admission_id "
                f"UNION ALL SELECT '{item}', 2 UNION ALL SELECT 'other', 1"
            )
        strata.count(db)
        rows = db.frame("SELECT * FROM gate.covered_by ORDER BY ALL").iter_rows()
        found: dict[tuple[str, str, str], dict[str, tuple[int, int]]] = {}
        for _, table, item, stratum, part, *numbers in rows:
            found.setdefault((table, item, stratum), {})[part] = numbers[0], numbers[1]
        return found


Parts = dict[str, tuple[int, int]]


@pytest.mark.parametrize(
    ("stratum", "stays"),
    [
        ("sex", {"female": (1, 1), "male": (1, 1)}),
        ("age", {"below 65": (2, 1), "from 65": (2, 1)}),  # of grown-ups; one by the birth date
        ("end", {"died": (1, 1), "discharged": (3, 1)}),
        ("exposure", {"given": (1, 1), "not given": (4, 1)}),
        ("month", {"2020-01": (1, 1), "2020-02": (3, 1)}),
    ],
)
@pytest.mark.parametrize(("table", "item"), [("lab", "crp"), ("vital", "spo2"), ("score", "sofa")])
def test_the_stays_of_each_part_are_counted(
    counts: dict[tuple[str, str, str], Parts], stratum: str, stays: Parts, table: str, item: str
) -> None:
    assert counts[table, "", stratum] == stays
    some = {part: (0, covered) for part, (_, covered) in stays.items() if covered}
    assert counts[table, item, stratum] == some  # the stays are those of the table
    assert counts["icu_stay", "", stratum] == {part: (n, 0) for part, (n, _) in stays.items()}


def test_the_stays_with_the_exposure_are_counted_once(
    counts: dict[tuple[str, str, str], Parts],
) -> None:
    of = {stratum: parts for (_, item, stratum), parts in counts.items() if item == strata.EXPOSURE}
    assert of == {
        "sex": {"male": (0, 1)},
        "age": {"below 65": (0, 1)},
        "end": {"discharged": (0, 1)},
        "exposure": {"given": (0, 1)},
        "month": {"2020-02": (0, 1)},
    }
