"""What a figure shows, in a sentence: read out where nobody sees it, from the numbers it is of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import polars as pl

from ehrivig.figures.forest import ForestRow

BALANCED = 0.1


def of_balance(table: pl.DataFrame) -> str:
    """How many variables are balanced before and after, and which is least after."""
    before, after = (table[f"smd_{side}"].abs() for side in ("unmatched", "matched"))
    known = table.filter(after.is_not_null())
    if known.is_empty():
        return "Standardised mean differences before matching; none is known after it."
    counts = (
        f"{int((side.drop_nulls() < BALANCED).sum())} of {side.drop_nulls().len()}"
        for side in (before, after)
    )
    first, then = counts
    least = known.sort(pl.col("smd_matched").abs(), descending=True).row(0, named=True)
    return (
        f"Standardised mean differences below {BALANCED}: {first} variables before matching, "
        f"{then} after it; the largest after it is {abs(least['smd_matched']):.2f}, "
        f"of {least['label']}.{_nothing_shared(table)}"
    )


def _nothing_shared(table: pl.DataFrame) -> str:
    """The variables of which the arms share no value: no spread is left to divide by."""
    if "ks_matched" not in table.columns:
        return ""
    apart = table.filter(pl.col("smd_matched").is_null(), pl.col("ks_matched") > 1 - 1e-9)
    names = ", ".join(apart["label"])
    return f" Not drawn, for the matched arms share no value of it: {names}." if names else ""


def of_curves(table: pl.DataFrame, names: Mapping[str, str], y_label: str, x_label: str) -> str:
    """Where the curves of both arms end."""
    ends = []
    for arm, name in names.items():
        part = table.filter((pl.col("group") == arm) & pl.col("estimate").is_not_null()).sort(
            "time"
        )
        if part.is_empty() or part["time"][-1] == 0:  # nothing is known beyond the beginning
            ends.append(f"{name} not shown")
            continue
        time, value = part.row(-1, named=True)["time"], part["estimate"][-1]
        ends.append(f"{name} {value:.2f} at {time:.3g}")
    return f"{y_label} by {x_label}: {'; '.join(ends)}."


def of_forest(rows: Sequence[ForestRow], label: str, ratio: bool) -> str:
    """How many estimates there are, from where to where, and how many exclude no difference."""
    every = [(row.estimate, row.lo, row.hi) for row in rows]
    known = [numbers for numbers in every if all(map(math.isfinite, numbers))]
    if not known:
        return f"Forest plot of {label}: no estimate."
    nothing = 1.0 if ratio else 0.0
    clear = sum(not lo <= nothing <= hi for _, lo, hi in known)
    values = [value for value, _, _ in known]
    return (
        f"Forest plot of {label}: {len(known)} estimates from {min(values):.2f} to "
        f"{max(values):.2f}; {clear} of the intervals exclude {nothing:g}."
    )


def of_overlap(table: pl.DataFrame, names: Mapping[str, str]) -> str:
    """In which scores there is anybody of each arm, as far as that is shown."""
    said = []
    for arm, name in names.items():
        there = table.filter(pl.col(arm).cast(pl.Float64).fill_null(0) > 0)
        if there.is_empty():
            said.append(f"{name} not shown")
        else:
            ends = sorted((*there["lo"].to_list(), *there["hi"].to_list()))
            said.append(f"{name} from {ends[0]:.2f} to {ends[-1]:.2f}")
    return f"Propensity scores: {'; '.join(said)}."


def of_doses(counts: pl.DataFrame) -> str:
    """The commonest class of each feature of the dosing."""
    said = []
    for (_,), part in counts.group_by("feature", maintain_order=True):
        known = part.filter(pl.col("n").is_not_null())
        if known.height:
            most = known.sort("n", descending=True, maintain_order=True).row(0, named=True)
            said.append(f"{most['label']}: most from {most['lo']:g} to {most['hi']:g}")
    return f"How the exposed were dosed. {'; '.join(said) or 'Nothing is shown'}."


def of_flow(
    steps: Sequence[Mapping[str, object]], arms: Mapping[str, str], unmatched: str = ""
) -> str:
    """How many there were at first and at last, the arms, and who of them is in no pair."""

    def count(step: Mapping[str, object]) -> str:
        number = step["admissions"]
        return "a number not shown" if number is None else f"{int(str(number)):,}"

    if not steps:
        return "Flow of admissions: none."
    ended = "; ".join(f"{label}: {told}" for label, told in arms.items())
    return (
        f"Flow of admissions: {count(steps[0])} at first, {count(steps[-1])} after the last "
        f"criterion. {'. '.join(filter(None, (ended, unmatched.replace(chr(10), ', '))))}"
    ).strip()
