"""What is counted step by step, as it leaves: days of curves, rows of the ledger, attrition."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.release import steps

SMALLEST = 5
ROWS = ("rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined")
Four = tuple[int | None, ...]


def curve(
    events: list[int | None], *, population: str = "all", kind: str = "km", days: list[float] | None
) -> pl.DataFrame:
    """A curve of 100 people, of whom so many had the event by each day."""
    n = len(events)
    return pl.DataFrame(
        {
            **{"curve": [kind] * n, "population": [population] * n, "group": ["exposed"] * n},
            **{"cause": [""] * n, "time": days or [float(day) for day in range(n)]},
            **{"estimate": [0.123456] * n, "lo": [0.0004] * n, "hi": [0.99951] * n},
            **{"at_risk": [100 - (one or 0) for one in events], "events": events},
        },
        schema_overrides={"events": pl.Int64},
    )


def told(*curves: pl.DataFrame, smallest: int = SMALLEST) -> dict[str, list[float]]:
    """The days of each population."""
    found = steps.curves(pl.concat(curves), smallest)
    return {
        str(people): one["time"].to_list()
        for (people,), one in found.group_by("population", maintain_order=True)
    }


@pytest.mark.parametrize(
    ("events", "days"),
    [
        ([0, 5, 9, 10, 20], [0, 1, 3, 4]),  # four more than on day 1 are few
        ([0, 5, 16, 20], [0, 1, 3]),  # of whom four are left until the end
        ([0, 5, 15, 20], [0, 1, 2, 3]),
        ([0, 0, 0, 20], [0, 1, 2, 3]),  # nobody is no few
        ([0, 5, 20, 20], [0, 1, 2, 3]),
        ([None, None, None], [0, 1, 2]),
        *(([0, 1, 4], []), ([0, 1, 5], [0, 2])),
    ],
)
def test_a_curve_steps_when_nobody_or_enough_had_the_event(
    events: list[int | None], days: list[float]
) -> None:
    assert told(curve(events, days=None)).get("all", []) == days


def test_a_curve_steps_on_whole_days() -> None:
    events: list[int | None] = [0, 5, 10, 20]
    assert told(curve(events, days=[0.0, 1.5, 2.0, 2.5])) == {"all": [0.0, 2.0, 2.5]}


def test_everybody_and_the_matched_step_where_the_unmatched_may() -> None:
    """By day 1 four of the unmatched died, by day 2 none more of these."""
    every = curve([0, 14, 30, 40], days=None)
    matched = curve([0, 10, 20, 30], population="matched", days=None)
    assert told(every, matched) == {"all": [0, 2, 3], "matched": [0, 2, 3]}
    assert told(every) == {"all": [0, 1, 2, 3]}
    few = curve([0, 0, 1, 3], population="matched", days=None)
    assert told(every, few).keys() == {"all"}


def test_limits_have_three_digits_and_numbers_at_risk_are_rounded_down() -> None:
    found = steps.curves(curve([0, 11], days=None), SMALLEST)
    assert found.columns[-4:] == ["estimate", "lo", "hi", "at_risk"]
    assert found.select("estimate", "lo", "hi", "at_risk").rows() == [
        *((0.123456, 0.0, 1.0, 100), (0.123456, 0.0, 1.0, 85))
    ]
    incidence = steps.curves(curve([0, 11], kind="cif", days=None), SMALLEST)
    assert incidence["estimate"].to_list() == [0.123, 0.123]
    all_told = steps.curves(curve([0, 1, 4], days=None), 1)
    assert all_told["at_risk"].to_list() == [100, 99, 96]


def spent(table: str, rows: Four) -> pl.DataFrame:
    return pl.DataFrame(
        [{"table": table, "hospital_id": "A", **dict(zip(ROWS, rows, strict=True))}]
    )


@pytest.mark.parametrize(
    ("table", "rows", "shown"),
    [
        ("lab", (103, 96, 4, 3), (100, 95, None, None)),
        ("lab", (103, 98, 1, 4), (100, 95, None, None)),
        ("lab", (103, 99, 1, 3), (100, 95, None, None)),  # rounded, they are 1 to 9 apart
        ("lab", (108, 98, 5, 5), (105, 95, 5, 5)),
        ("lab", (103, 97, 5, 1), (100, 95, None, None)),
        ("lab", (103, 98, 5, 0), (100, 95, 5, 0)),
        *(("lab", (4, 4, 0, 0), (None, None, None, 0)), ("lab", (5, 5, 0, 0), (5, 5, 0, 0))),
        *(("lab", (7, 1, 6, 0), (5, None, None, 0)), ("lab", (0, 0, 0, 0), (0, 0, 0, 0))),
        *(("hospital", (3, 3, 0, 0), (3, 3, 0, 0)), ("hospital", (13, 8, 5, 0), (13, 8, 5, 0))),
    ],
)
def test_rows_are_rounded_down_and_none_of_few_told(table: str, rows: Four, shown: Four) -> None:
    found = steps.ledger(spent(table, rows), SMALLEST)
    assert found.select(ROWS).row(0) == shown
    assert found["rounded_down_to"].item() == SMALLEST


@pytest.mark.parametrize("smallest", [0, 1])
def test_a_study_that_hides_nothing_tells_all_rows(smallest: int) -> None:
    frame = spent("lab", (103, 98, 1, 4))
    assert steps.ledger(frame, smallest).equals(frame)
    (of_two,) = steps.ledger(frame, 2).select(ROWS).rows()
    assert of_two == (102, 98, 0, 4)


def attrition(*rows: tuple[str, int, int, int, int]) -> pl.DataFrame:
    """Hospital, step, patients, excluded, of these not measured; as many admissions as patients."""
    return pl.DataFrame(
        [
            {"hospital_id": hospital, "step": step, "criterion": f"c{step}", "label": f"s{step}"}
            | {"patients": patients, "admissions": patients, "excluded": excluded}
            | {"excluded_not_measured": unmeasured}
            for hospital, step, patients, excluded, unmeasured in rows
        ]
    )


NAMES = ("patients", "admissions", "excluded", "excluded_not_measured")


def test_a_small_exclusion_goes_with_what_is_left_before_it() -> None:
    frame = attrition(("A", 0, 200, 0, 0), ("A", 1, 198, 2, 0), ("A", 2, 150, 48, 0))
    assert steps.attrition(frame, SMALLEST).select(NAMES).rows() == [
        *((200, 200, 0, 0), (None, None, None, None), (150, 150, None, None))
    ]


@pytest.mark.parametrize(("unmeasured", "told"), [(4, False), (5, True), (0, True)])
def test_few_who_were_not_measured_are_an_exclusion_too(unmeasured: int, told: bool) -> None:
    frame = attrition(("A", 0, 200, 0, 0), ("A", 1, 150, 50, unmeasured), ("A", 2, 90, 60, 0))
    shown = steps.attrition(frame, SMALLEST).row(1, named=True)
    assert (shown["excluded"] == 50) is told


@pytest.mark.parametrize(("left", "told"), [(196, False), (195, True), (200, True)])
def test_few_patients_left_out_by_many_admissions(left: int, told: bool) -> None:
    """60 admissions are excluded, of people most of whom have others."""
    frame = attrition(("A", 0, 200, 0, 0), ("A", 1, left, 60, 0), ("A", 2, 90, 60, 0))
    shown = steps.attrition(frame, SMALLEST).row(1, named=True)
    assert (shown["patients"] == left) is told
    assert (shown["admissions"], shown["excluded"]) == (left, 60)


@pytest.mark.parametrize(("again", "told"), [(4, False), (5, True), (0, True), (1, False)])
def test_few_who_were_admitted_again(again: int, told: bool) -> None:
    """The next step excludes these few, and does not tell them."""
    frame = attrition(("A", 0, 200, 0, 0)).with_columns(admissions=pl.lit(200 + again))
    shown = steps.attrition(frame, SMALLEST).row(0, named=True)
    assert (shown["patients"] == 200) is told
    assert shown["admissions"] == 200 + again


def hospitals(n: int, few: int) -> pl.DataFrame:
    """So many hospitals, of which some exclude two; and all of them."""
    rows = []
    for number in range(n):
        gone = 2 if number < few else 50
        rows += [(f"H{number:02}", 0, 200, 0, 0), (f"H{number:02}", 1, 200 - gone, gone, 0)]
    rows += [("all", 0, 200 * n, 0, 0), ("all", 1, 200 * n - 2 * few - 50 * (n - few), 90, 0)]
    return attrition(*rows)


@pytest.mark.parametrize(
    ("n", "few", "together"), [(51, 2, True), (50, 2, False), (51, 1, False), (51, 0, False)]
)
def test_hospitals_of_many_are_told_together_where_two_exclude_few(
    n: int, few: int, together: bool
) -> None:
    found = steps.attrition(hospitals(n, few), SMALLEST)
    assert (steps.OTHERS in found["hospital_id"].to_list()) is together
    assert found["hospital_id"].n_unique() == n + 1 - (few - 1 if together else 0)


@pytest.mark.parametrize(("gone", "together"), [(1, True), (4, True), (5, False), (0, False)])
def test_few_patients_left_out_by_many_admissions_are_few_as_well(
    gone: int, together: bool
) -> None:
    frame = hospitals(51, 0)
    few = pl.col("hospital_id").is_in(["H00", "H01"]) & (pl.col("step") == 1)
    frame = frame.with_columns(patients=pl.when(few).then(200 - gone).otherwise("patients"))
    found = steps.attrition(frame, SMALLEST)
    assert (steps.OTHERS in found["hospital_id"].to_list()) is together
