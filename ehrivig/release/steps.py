"""Copies of what is counted step by step: attrition, ledger, curves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl

from ehrivig.disclosure import small
from ehrivig.release import strategy_curves

_COUNTS = ("patients", "admissions", "excluded", "excluded_not_measured")
_ROWS = ("rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined")
_DIGITS = 3
_MANY = 50
"""Of more hospitals those of which something is hidden are told together."""
OTHERS = "other hospitals"


def attrition(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Attrition in which no exclusion of few, and no difference of few patients, can be had.

    Nor how many were admitted again where these are few: the step to one admission of each person
    excludes just them.

    Hidden are what a step leaves and what the next one excludes, so that only both steps together
    are known; of the last step, whose cohort is known, what the step before it leaves. Where both
    together are few as well, the steps before them are joined to them. Of many hospitals those of
    which something would be hidden are one row: hundreds of rows without a number tell nothing.
    """
    rows = _of_many(frame, smallest).to_dicts()
    steps = sorted({row["step"] for row in rows})
    at = {(row["step"], row["hospital_id"]): row for row in rows}
    shown = {key: dict(row) for key, row in at.items()}
    for hospital in dict.fromkeys(row["hospital_id"] for row in rows):
        there = [step for step in steps if (step, hospital) in at]
        excluded = [at[step, hospital]["excluded"] for step in there]
        for before, step in pairwise(there):
            one, last = at[step, hospital], at[before, hospital]
            if any(small(one[name], smallest) for name in ("excluded", "excluded_not_measured")):
                hide_step(shown, joined(there, step, excluded, smallest), hospital)
            if small(last["patients"] - one["patients"], smallest):
                hide_patients(shown, joined(there, step, excluded, smallest), hospital)
    for key, row in at.items():
        if small(row["admissions"] - row["patients"], smallest):
            shown[key]["patients"] = None
    return pl.DataFrame([shown[row["step"], row["hospital_id"]] for row in rows], frame.schema)


def _of_many(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Attrition in which, of many hospitals, those with a count of few are one: OTHERS.

    Patients are summed by hospital: who was in two of them counts twice.
    """
    if frame["hospital_id"].n_unique() - 1 <= _MANY:
        return frame
    of_hospital = pl.col("hospital_id") != "all"
    before = pl.col("patients").shift().over("hospital_id", order_by="step")
    gone = (before - pl.col("patients")).fill_null(0)
    few = [pl.col(name).is_between(1, smallest - 1) for name in _COUNTS]
    any_few = pl.any_horizontal(*few, gone.is_between(1, smallest - 1))
    names = frame.filter(any_few & of_hospital)["hospital_id"].unique()
    if len(names) < 2:
        return frame
    theirs = pl.col("hospital_id").is_in(names.implode())
    keys = ["step", "criterion", "label"]
    together = (
        frame.filter(theirs)
        .group_by(keys)
        .agg(pl.lit(OTHERS).alias("hospital_id"), *(pl.col(name).sum() for name in _COUNTS))
        .select(frame.columns)
    )
    rows = pl.concat([frame.filter(~theirs & of_hospital), together, frame.filter(~of_hospital)])
    return rows.sort("step", maintain_order=True)


def joined(steps: list[int], step: int, excluded: list[int], smallest: int) -> list[int]:
    """The steps that are told as one, so many that their exclusions together are not few."""
    for width in range(2, len(steps)):
        window = window_of(steps, step, width)
        if sum(excluded[steps.index(one)] for one in window) >= 2 * smallest:
            return window
    return window_of(steps, step, len(steps))


def window_of(steps: list[int], step: int, width: int) -> list[int]:
    """So many neighbouring steps after the first, with `step` among them: before it, one after."""
    place, last = steps.index(step), len(steps) - 1
    end = min(place + 1, last)
    start = max(end - width + 1, 1)
    end = min(max(end, start + width - 1), last)
    return steps[start : end + 1]


def hide_step(
    shown: dict[tuple[int, str], dict[str, Any]], window: list[int], hospital: str
) -> None:
    """Let the steps of a window be known together only, of a hospital."""
    for step in window:
        shown[step, hospital] |= {"excluded": None, "excluded_not_measured": None}
    for step in window[:-1]:
        shown[step, hospital] |= {"patients": None, "admissions": None}


def hide_patients(
    shown: dict[tuple[int, str], dict[str, Any]], window: list[int], hospital: str
) -> None:
    """Let the patients within a window of steps be known at its end only."""
    for step in window[:-1]:
        shown[step, hospital]["patients"] = None


def ledger(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """The ledger, rounded down; where few rows were set aside, they are not told.

    Few rows that are read or used are few people (of a procedure, of a stay in intensive care).
    Exact rows of procedures, less those who had the others, are those who had one that is hidden.
    """
    few = pl.col("rows_quarantined").is_between(1, smallest - 1)
    shown = frame.with_columns(
        pl.when(few).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("rows_quarantined", "rows_out_of_scope")
    ).with_columns(
        pl.when(_few_rows(of, smallest)).then(None).otherwise(pl.col(name)).alias(name)
        for of, name in (
            ("rows_used", "rows_out_of_scope"),
            ("rows_used", "rows_used"),
            ("rows_read", "rows_read"),
        )
    )
    return _down(shown, smallest)


def _down(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """A ledger whose rows of people are rounded down to a multiple of the smallest cell."""
    if smallest < 2:
        return frame
    rows = pl.when(pl.col("table") == "hospital")
    return frame.with_columns(
        *(rows.then(pl.col(n)).otherwise(pl.col(n) // smallest * smallest).alias(n) for n in _ROWS),
        pl.lit(smallest).alias("rounded_down_to"),
    )


def _few_rows(of: str, smallest: int) -> pl.Expr:
    """Where a table of people has few rows."""
    return (pl.col("table") != "hospital") & pl.col(of).is_between(1, smallest - 1)


def curves(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Curves that step on whole days, and only when enough have had the event since the last step.

    A day counts when between it and the one before, and from it to the end, nobody or enough have
    had the event: of all, of the matched and of the unmatched. Numbers at risk are rounded down.
    """
    if "events" not in frame.columns:
        return frame.clear()
    key = ["curve", "group", "cause"]
    weighted = pl.col("curve") == strategy_curves.KIND
    arms = frame.filter(~weighted).group_by(key, maintain_order=True)
    parts = [_of_arm(arm, smallest) for _, arm in arms]
    parts.append(strategy_curves.coarse(frame.filter(weighted), smallest))
    found = pl.concat(parts).drop("events")
    return found.sort(["curve", "population"], maintain_order=True)


def _of_arm(arm: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """One arm of a curve, in all its populations, on the same days."""
    counted = {
        str(people): one.sort("time")
        for (people,), one in arm.group_by("population", maintain_order=True)
    }
    days = _days(counted, smallest)
    shown = [
        one.filter(pl.col("time").is_in(days)) if _enough(one, smallest) else one.clear()
        for one in counted.values()
    ]
    least = max(smallest, 1)  # a study may hide nothing
    numbers = [pl.col(name).round(_DIGITS) for name in ("estimate", "lo", "hi")]
    if arm["curve"][0] == "km":
        numbers = numbers[1:]
    return pl.concat(shown).with_columns(
        *numbers, (pl.col("at_risk") // least * least).alias("at_risk")
    )


def _enough(curve: pl.DataFrame, smallest: int) -> bool:
    """Whether as many had the event as may be told, or nobody."""
    events = _column(curve)
    return bool(events) and not small(max(events), smallest)


def _days(counted: dict[str, pl.DataFrame], smallest: int) -> list[float]:
    """The days that a curve of one arm may step on; its first and its last are always there."""
    events = [_column(one) for one in counted.values()]
    if {"all", "matched"} <= set(counted):
        whole, matched = _column(counted["all"]), _column(counted["matched"])
        events.append([a - b for a, b in zip(whole, matched, strict=True)])
    times = next(iter(counted.values()))["time"].to_list()
    end, days = len(times) - 1, [0]
    for place in range(1, end):
        if times[place] == int(times[place]) and all(
            _apart(one[days[-1]], one[place], smallest) and _apart(one[place], one[end], smallest)
            for one in events
        ):
            days.append(place)
    return [times[place] for place in (*days, end)]


def _column(curve: pl.DataFrame) -> list[int]:
    return [int(n or 0) for n in curve["events"].to_list()]


def _apart(before: int, after: int, smallest: int) -> bool:
    """Whether between two points nobody, or enough, had the event."""
    return before == after or after - before >= smallest
