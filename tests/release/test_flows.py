"""What the attrition, bins, follow-up and comparisons tell of a count that is hidden among them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack import flows
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Known

SMALLEST = 5
Row = dict[str, Any]


def of(cells: list[Cell], words: str) -> tuple[int, ...]:
    """The values of a count."""
    (found,) = [cell for cell in cells if cell.place.words == words]
    return found.values


def steps(*rows: tuple[int, str, Row]) -> list[Cell]:
    """An attrition in which 200 of A and 100 of B are left and none excluded, but for what is said.

    Rows: step, hospital and what is told otherwise.
    """
    made = []
    for step, hospital, other in rows:
        n = {"A": 200, "B": 100, "all": 300}[hospital]
        row = {"step": step, "label": f"step {step}", "hospital_id": hospital, "patients": n}
        row |= {"admissions": n, "excluded": 0, "excluded_not_measured": 0}
        made.append(row | other)
    frame = pl.DataFrame(made, infer_schema_length=None)
    return of_tables({"attrition.csv": frame}, SMALLEST)


@pytest.mark.parametrize("what", ["admissions", "excluded", "excluded_not_measured"])
def test_a_step_of_one_hospital_is_all_less_the_other(what: str) -> None:
    told = {"patients": 0, "excluded": 60 if what == "excluded_not_measured" else 0}
    rows = [
        (0, "A", told | {what: 60}),
        (0, "B", told | {what: None}),
        (0, "all", told | {what: 63}),
    ]
    assert of(steps(*rows), f"step 0: {what}, B") == (3,)
    assert of(steps(*rows[:2]), f"step 0: {what}, B") == (0, 1, 2, 3, 4)


def test_a_step_that_is_told_of_all_alone_is_no_sum() -> None:
    assert of(steps((0, "all", {"excluded": None})), "step 0: excluded, all") == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("told", "hidden", "values"),
    [
        ({"excluded": 3, "excluded_not_measured": None}, "excluded_not_measured", (0, 1, 2, 3)),
        ({"excluded": None, "excluded_not_measured": 3}, "excluded", (3, 4, 5, 6, 7)),
        ({"admissions": 3, "patients": None}, "patients", (0, 1, 2, 3)),
        ({"admissions": None, "patients": 3}, "admissions", (3, 4, 5, 6, 7)),
    ],
)
def test_patients_are_no_more_than_admissions_nor_the_unmeasured_than_the_excluded(
    told: Row, hidden: str, values: tuple[int, ...]
) -> None:
    assert of(steps((0, "A", told)), f"step 0: {hidden}, A") == values


@pytest.mark.parametrize(
    ("before", "after", "excluded", "hidden"),
    [(200, 197, None, "step 2: excluded, A"), (None, 190, 7, "step 0: admissions, A")],
)
def test_admissions_before_a_step_are_those_after_it_and_the_excluded(
    before: int | None, after: int, excluded: int | None, hidden: str
) -> None:
    last = {"patients": 100, "admissions": before}
    rows = (0, "A", last), (2, "A", last | {"admissions": after, "excluded": excluded})
    assert of(steps(*rows), hidden) == ((3,) if before else (197,))


def test_patients_whom_a_step_leaves_out_are_those_before_less_those_after() -> None:
    """None of his admissions is left: of 200 patients 197 are, of 215 admissions 205."""
    after = {"patients": 197, "admissions": 205, "excluded": 10}
    found = steps((0, "A", {"admissions": 215}), (2, "A", after))
    assert [(cell.place.words, cell.values) for cell in found if cell.disclosed] == [
        ("step 2: patients left out, A", (3,))
    ]


@pytest.mark.parametrize(
    ("admissions", "told", "few"), [(203, 200, True), (203, None, False), (206, 200, False)]
)
def test_admissions_less_patients_are_who_was_admitted_again(
    admissions: int, told: int | None, few: bool
) -> None:
    """The step to one admission of each excludes just these, and does not tell few of them."""
    row = {"admissions": admissions, "patients": told}
    found = steps((0, "A", row), (1, "A", {"excluded": None, "patients": None}))
    again = [cell for cell in found if cell.place.words == "step 0: A, admitted again"]
    assert [cell.disclosed for cell in again] == [few]
    assert not few or again[0].values == (3,)


@pytest.mark.parametrize(("whole", "few"), [(298, True), (300, False), (290, False)])
def test_patients_of_several_hospitals_are_those_of_each_less_all(whole: int, few: bool) -> None:
    many = {"admissions": 400}
    rows = [(0, "A", many), (0, "B", many), (0, "all", {"admissions": 800, "patients": whole})]
    found = [cell for cell in steps(*rows) if "in several hospitals" in cell.place.words]
    assert [cell.disclosed for cell in found] == [few]
    assert found[0].place.row == 1  # of the smaller hospital least is missed
    assert not any("in several" in cell.place.words for cell in steps(*rows[:1], rows[2]))


SIZES = {("all", "sex"): (60, 70), ("all", "smoker"): (50, 60), ("matched", "x"): (90, 90)}


def scored(to: int, **arms: list[int | None]) -> Known:
    """Bins of the score, beside variables of all 60 and 70, and of those of whom it is known."""
    known = Known(rounded_to=to)
    known.sizes = {
        ("all", "sex"): (60, 70),
        ("all", "smoker"): (50, 60),
        ("matched", "x"): (90, 90),
    }
    flows.bins(known, "scores.csv", pl.DataFrame(arms))
    return known


@pytest.mark.parametrize(("to", "slack"), [(1, 0), (5, 2)])
def test_the_bins_of_an_arm_are_the_arm(to: int, slack: int) -> None:
    known = scored(to, exposed=[40, None, 20], control=[30, None, 40])
    facts = [(len(f.terms), f.lo, f.hi, f.assumed) for f in known.puzzle.facts]
    assert facts == [
        *((3, 0, 60 + slack, False), (3, 60 - slack, 60 + slack, True)),
        *((3, 0, 70 + slack, False), (3, 70 - slack, 70 + slack, True)),
    ]
    assert known.where["scores.csv|1|control"].words == "bin 1: control"
    assert known.shown["scores.csv|2|control"] == 40


def test_a_hidden_bin_of_an_arm_is_the_rest_of_it() -> None:
    known = scored(1, exposed=[40, None, 17], control=[30, None, 36])
    values = [
        known.puzzle.values(f"scores.csv|1|{arm}", SMALLEST) for arm in ("exposed", "control")
    ]
    assert values == [[3], [4]]


@pytest.mark.parametrize(
    ("counts", "few"),
    [([None, 8], [0]), ([None, None], []), ([None, 0], []), ([7, 8], []), ([8, None], [1])],
)
def test_a_decile_of_a_hospital_that_is_shown_tells_of_a_hidden_one(
    counts: list[int | None], few: list[int]
) -> None:
    known = scored(1, decile=[1, 2], exposed=counts, control=[9, 9])
    assert [(place.row, place.words) for place in known.told_of_few] == [
        (row, f"hospital and decile {row}: exposed, by the others") for row in few
    ]
    assert known.puzzle.facts == []


@pytest.mark.parametrize("what", ["unknown", "transferred"])
@pytest.mark.parametrize(
    ("told", "share", "n", "values"),
    [
        *((None, 0.06, 50, (3,)), (None, None, 50, (0, 1, 2, 3, 4)), (4, 0.06, 50, (4,))),
        (None, 0.06, None, (0, 1, 2, 3, 4)),
    ],
)
def test_a_share_of_people_not_followed_is_a_count(
    what: str, told: int | None, share: float | None, n: int | None, values: tuple[int, ...]
) -> None:
    row: Row = {"arm": "exposed", "unknown": 9, "transferred": 9, "n": n}
    row |= {"share_unknown": 0.18, "share_transferred": 0.18}
    frame = pl.DataFrame([row | {what: told, f"share_{what}": share}])
    assert of(of_tables({"follow_up.csv": frame}, SMALLEST), f"exposed: {what}") == values


def dosed(*rows: tuple[str, int | None]) -> pl.DataFrame:
    names = [{"feature": name, "label": name.upper(), "n": n} for name, n in rows]
    return pl.DataFrame(names, infer_schema_length=None).with_columns(
        lo=pl.lit(0.0), hi=pl.lit(9.0), n=pl.col("n").cast(pl.Int64)
    )


def test_a_bin_of_nobody_shows_its_zero_where_the_feature_shows_anything() -> None:
    known = Known()
    frame = dosed(("grams", 8), ("grams", None), ("days", None))
    flows.histogram(known, "histogram.csv", frame)
    lows = [known.puzzle.lo[f"histogram.csv|{row}"] for row in range(3)]
    assert lows == [8, 1, 0]
    assert known.where["histogram.csv|1"].words == "GRAMS from 0.0"


def test_the_bins_of_each_feature_are_the_exposed() -> None:
    known = Known()
    known.sizes = {
        ("all", "sex"): (60, 70),
        ("all", "smoker"): (50, 60),
        ("matched", "x"): (90, 90),
    }
    flows.histogram(known, "h.csv", dosed(("grams", 57), ("grams", None), ("days", 60)))
    assert [(sorted(f.terms), f.lo, f.hi) for f in known.puzzle.facts] == [
        *((["h.csv|0", "h.csv|1"], 0, 60), (["h.csv|0", "h.csv|1"], 60, 60)),
        *((["h.csv|2"], 0, 60), (["h.csv|2"], 60, 60)),
    ]
    assert known.puzzle.values("h.csv|1", SMALLEST) == [3]


def test_people_of_a_model_with_its_event_and_without_it() -> None:
    """57 of 60 had it; of another model nobody says how many of 80 had."""
    terms = [
        {"outcome": "death", "term": "age", "label": "Age", "n": 60, "events": 57},
        {"outcome": "stay", "term": "age", "label": "Age", "n": 80, "events": None},
    ]
    found = of_tables({"table_s2.csv": pl.DataFrame(terms)}, SMALLEST)
    assert [(c.place.row, c.place.words, c.values) for c in found] == [
        (0, "death: Age: events, the others", (3,)),
        (1, "stay: Age: events", (0, 1, 2, 3, 4)),
        (1, "stay: Age: events, the others", (0, 1, 2, 3, 4)),
    ]


def compared(*rows: Row) -> list[Cell]:
    """Comparisons of 60 and 70 of whom 20 and 30 died, but for what is said."""
    whole: Row = {"analysis": "a", "contrast": "IVIG vs none", "outcome": "death", "model": "m"}
    whole |= {"population": "x", "n_exposed": 60, "events_exposed": 20}
    whole |= {"n_control": 70, "events_control": 30}
    frame = pl.DataFrame([whole | row for row in rows], infer_schema_length=None)
    return of_tables({"effects.csv": frame}, SMALLEST)


COUNTS = {
    "n exposed": ("n_exposed", 60),
    "events exposed": ("events_exposed", 20),
    "n control": ("n_control", 70),
    "events control": ("events_control", 30),
}


@pytest.mark.parametrize("words", COUNTS)
def test_a_hospital_is_all_hospitals_less_the_others(words: str) -> None:
    column, n = COUNTS[words]
    parts = (
        {"population": "hospital A", column: n - 3},
        {"population": "hospital B", column: None},
    )
    hidden = f"IVIG vs none death hospital B: {words}"
    assert of(compared({"population": "all hospitals"}, *parts), hidden) == (3,)
    for other in ({"analysis": "b"}, {"contrast": "c"}, {"outcome": "stay"}):
        whole = {"population": "all hospitals"} | other
        assert of(compared(whole, *parts), hidden) != (3,)
    again = parts[0] | {"model": "another"}
    assert of(compared({"population": "all hospitals"}, *parts, again), hidden) != (3,)


def test_hospitals_that_are_not_all_of_them_are_no_sum() -> None:
    """Of 60 one has 58 and another 9: what is hidden of a third is not told by what is wrong."""
    parts = [{"population": f"hospital {one}", "n_exposed": n} for one, n in (("A", 58), ("B", 9))]
    found = compared({"population": "all hospitals"}, *parts, {"population": "hospital C"} | HIDDEN)
    assert of(found, "IVIG vs none death hospital C: n exposed") == (0, 1, 2, 3, 4)


HIDDEN = {"n_exposed": None}


@pytest.mark.parametrize("arm", ["exposed", "control"])
def test_who_had_no_event_is_a_count_too(arm: str) -> None:
    n, words = COUNTS[f"n {arm}"][1], f"IVIG vs none death x: events {arm}, the others"
    assert of(compared({f"events_{arm}": n - 3}), words) == (3,)


@pytest.mark.parametrize(
    ("signs", "told"),
    [(("<=", ">"), True), (("<", ">="), True), (("<=", ">", ">"), False), (("<=",), False)],
)
@pytest.mark.parametrize("what", ["n", "events"])
def test_those_on_neither_side_of_a_cut_are_the_whole_less_both(
    what: str, signs: tuple[str, ...], told: bool
) -> None:
    """The smaller side is what is missed least."""
    n = {"n": 60, "events": 20}[what]
    sides = [
        {"contrast": f"IVIG {sign}10 g vs none", f"{what}_exposed": (n - 9, 6, 6)[place]}
        for place, sign in enumerate(signs)
    ]
    if what == "events":
        sides = [
            side | {"n_exposed": size} for side, size in zip(sides, (45, 15, 15), strict=False)
        ]
    found = compared({}, *sides)
    words = f"IVIG vs none: {what}, side of a cut unknown"
    said = [(c.place.row, c.values) for c in found if c.place.words == words]
    assert said == ([(2, (3,))] if told else [])


@pytest.mark.parametrize("column", ["analysis", "outcome", "model", "population"])
def test_sides_of_another_comparison_are_no_part_of_it(column: str) -> None:
    sides = [{"contrast": f"IVIG {one}10 g vs none", "n_exposed": 28, column: "z"} for one in "<>"]
    assert not [c for c in compared({}, *sides) if "unknown" in c.place.words]


@pytest.mark.parametrize(
    ("side", "population", "values"),
    [("yes", "all", (3,)), ("no", "all", (57,)), ("yes", "all but A", (0, 1, 2, 3, 4))],
)
def test_the_sides_of_a_yes_no_variable_are_those_who_have_it_and_the_others(
    side: str, population: str, values: tuple[int, ...]
) -> None:
    stroke: Row = {"variable": "stroke", "label": "Any stroke", "kind": "binary", "smd": None}
    for arm, events, n in (("all", 33, 130), ("exposed", 3, 60), ("control", 30, 70)):
        stroke |= {f"events_{arm}": events, f"n_{arm}": n}
    row: Row = {"contrast": f"any stroke: {side}", "outcome": "death", "population": population}
    row |= {"n_exposed": None, "events_exposed": None, "n_control": 30 if side == "yes" else 40}
    frames = {"table1.csv": pl.DataFrame([stroke]), "effects.csv": pl.DataFrame([row])}
    found = of_tables(frames, SMALLEST)
    assert of(found, f"any stroke: {side} death {population}: n exposed") == values
