"""What a filled chart review says: predictive values, sensitivity, agreement, corrected effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import polars as pl

from ehrivig.results.review.corrected import CELLS, Cell, Corrected, corrected
from ehrivig.results.review.filled import Answers, read
from ehrivig.results.review.proportions import Kappa, Part, Share, in_effect, kappa, share
from ehrivig.results.review.sample import Sample, Stratum
from ehrivig.results.review.sheet import ASKED, SECOND
from ehrivig.results.run import Run

Charts = Mapping[tuple[str, str], Answers]
_JOINT = 0.975
"""Level of each of two shares that bound a sensitivity: together at least 0.95 (Bonferroni)."""
_UNREAD = "not to be had: people without a chart that was answered"
_NOBODY = "nobody is so in the run"
_SCHEMA = {
    **{"of": pl.String, "what": pl.String, "estimate": pl.Float64, "lo": pl.Float64},
    **{"hi": pl.Float64, "charts": pl.Int64, "note": pl.String},
}


@dataclass(frozen=True)
class Row:
    """One number of a review; without one the note says why."""

    of: str
    what: str
    estimate: float | None = None
    lo: float | None = None
    hi: float | None = None
    charts: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Reviewed:
    """The numbers of a chart review. They tell of few people: local, as the charts are."""

    rows: tuple[Row, ...]

    def to_frame(self) -> pl.DataFrame:
        """Columns of, what, estimate, lo, hi, charts, note."""
        return pl.DataFrame([vars(row) for row in self.rows], schema=_SCHEMA)

    def __repr__(self) -> str:
        return f"Reviewed({len(self.rows)} numbers)"

    def lines(self) -> list[str]:
        """The numbers as lines of a terminal."""
        said: list[str] = []
        width = max(len(row.what) for row in self.rows)
        for of in dict.fromkeys(row.of for row in self.rows):
            own = [row for row in self.rows if row.of == of]
            said += ["", of, *(f"  {row.what:{width}}  {_said(row)}".rstrip() for row in own)]
        return said[1:]


def _said(row: Row) -> str:
    parts = [] if row.estimate is None else [f"{row.estimate:.3f}"]
    if row.lo is not None and row.hi is not None:
        parts.append(f"({row.lo:.3f} to {row.hi:.3f})")
    if row.charts is not None:
        parts.append(f"of {row.charts} charts")
    return " ".join([*parts, *([f"- {row.note}"] if row.note else [])])


def reviewed(folder: str | Path, filled: str | Path) -> Reviewed:
    """The numbers of a filled workbook of a run.

    Raises UsageError, with the cell, for one that cannot be read.
    """
    sample, charts = read(Run(folder, local=True), filled)
    rows = [
        *_read(sample, charts),
        *_of_cohort(sample, charts),
        *_of_column(sample, charts, "exposed", lambda one: one.exposed),
        *_of_column(sample, charts, "outcome", lambda one: one.outcome),
        *_readers(charts),
        *_effects(sample, charts),
    ]
    return Reviewed(tuple(rows))


def _read(sample: Sample, charts: Charts) -> Iterator[Row]:
    """How many charts have an answer, and how many of them are unclear."""
    for column in ASKED:
        said = [one[column] for one in charts.values() if column in one]
        unclear = sum(one is None for one in said)
        note = f"of {len(sample.charts)} in the sample; {unclear} unclear, which no number uses"
        yield Row("charts", f"answered: {column}", charts=len(said), note=note)


def _part(stratum: Stratum, charts: Charts, column: str, answer: bool) -> Part:
    """The charts of a stratum with an answer, and those whose answer is this one."""
    said = [charts[key].get(column) for key in stratum.chosen]
    known = [one for one in said if one is not None]
    return Part(stratum.size, len(known), sum(one is answer for one in known))


def _parts(
    strata: Iterable[Stratum], charts: Charts, column: str, answer: bool = True
) -> list[Part]:
    return [_part(one, charts, column, answer) for one in strata]


def _of_cohort(sample: Sample, charts: Charts) -> Iterator[Row]:
    """How many of the cohort belong to the population, and how many of who does are in it."""
    inside = [one for one in sample.strata if one.inside]
    outside = [one for one in sample.strata if not one.inside]
    of, parts = "cohort", _parts(inside, charts, "cohort")
    yield _row(of, "PPV: of the cohort, truly of the population", parts)
    if not outside:
        why = "nobody was left out at a clinical criterion: not to be said by these charts"
        yield Row(of, "sensitivity", note=why)
        return
    missed = _parts(outside, charts, "cohort")
    left = "left out at the last clinical criterion, yet truly of the population"
    yield _row(of, left, missed)
    note = "among who met every criterion before the last clinical one"
    yield from _sensitivity(of, parts, missed, note)


def _of_column(
    sample: Sample, charts: Charts, column: str, told: Callable[[Stratum], bool | None]
) -> Iterator[Row]:
    """Predictive values of what the run says, sensitivity and specificity, and kappa."""
    inside = [one for one in sample.strata if one.inside]
    yes, no = ([one for one in inside if told(one) is answer] for answer in (True, False))
    true_yes, true_no = _parts(yes, charts, column), _parts(no, charts, column, answer=False)
    yield _row(column, "PPV: of who has it in the run, truly", true_yes)
    yield _row(column, "NPV: of who has it not, truly not", true_no)
    missed = _parts(no, charts, column)
    false = _parts(yes, charts, column, answer=False)
    yield from _sensitivity(column, true_yes, missed, "in the cohort")
    yield from _sensitivity(column, true_no, false, "in the cohort", "specificity")
    table = [[_people(true_yes), _people(false)], [_people(missed), _people(true_no)]]
    known = None if any(cell is None for row in table for cell in row) else table
    parts = [*true_yes, *true_no]
    read_ = sum(part.read for part in parts)
    found = kappa(known, read_, in_effect(parts)) if known and read_ else None  # type: ignore[arg-type]
    what = "Cohen's kappa, run against charts"
    if found is None:
        why = "no chart of some, or one says always the same"
        yield Row(column, what, note=f"not to be had: {why}")
        return
    agree = f"{_agreed(found)}; weighted to the cohort"
    yield Row(column, what, found.estimate, found.lo, found.hi, found.charts, agree)


def _agreed(found: Kappa) -> str:
    """On how many charts both agree; of a kappa without an interval, why."""
    if found.lo is None:
        share_ = "every chart" if found.agree > 0.5 else "no chart"
        return f"they agree on {share_}: no interval can be had"
    return f"they agree on {100 * found.agree:.0f}%"


def _people(parts: list[Part]) -> float | None:
    """How many people of some parts it is so of, by their charts."""
    if any(part.size and not part.read for part in parts):
        return None
    return sum(part.size * part.so / part.read for part in parts if part.read)


def _sensitivity(
    of: str, found: list[Part], missed: list[Part], note: str, what: str = "sensitivity"
) -> Iterator[Row]:
    """The share of who truly has it that was found, with bounds from both predictive values."""
    right, wrong = share(found, _JOINT), share(missed, _JOINT)
    people = sum(part.size for part in found), sum(part.size for part in missed)
    if (right is None and people[0]) or (wrong is None and people[1]):
        yield Row(of, what, note=_UNREAD)
        return
    none = Share(0.0, 0.0, 0.0, 0, 0, "")
    right, other = right or none, wrong or none

    def of_both(one: float, two: float) -> float | None:
        total = one * people[0] + two * people[1]
        return one * people[0] / total if total else None

    estimate = of_both(right.estimate, other.estimate)
    lo, hi = of_both(right.lo, other.hi), of_both(right.hi, other.lo)
    if estimate is None:
        yield Row(of, what, note="nobody truly has it, by these charts")
        return
    bounds = f"{note}; bounds of both shares together"
    yield Row(of, what, estimate, lo, hi, right.read + other.read, bounds)


def _row(of: str, what: str, parts: list[Part]) -> Row:
    found = share(parts)
    if found is None:
        return Row(of, what, note=_NOBODY if not any(part.size for part in parts) else _UNREAD)
    return Row(of, what, found.estimate, found.lo, found.hi, found.read, found.interval)


def _readers(charts: Charts) -> Iterator[Row]:
    """How well two readers agree, on charts that both answered yes or no."""
    for column in ASKED:
        pairs = [
            (one[column], one[f"{column}{SECOND}"])
            for one in charts.values()
            if one.get(column) is not None and one.get(f"{column}{SECOND}") is not None
        ]
        if not pairs:
            continue
        table = [
            [float(sum(pair == (x, y) for pair in pairs)) for y in (True, False)]
            for x in (True, False)
        ]
        found = kappa(table, len(pairs))
        what = f"Cohen's kappa, {column}"
        if found is None:
            yield Row(
                "two readers", what, charts=len(pairs), note="one of them says always the same"
            )
            continue
        row = (found.estimate, found.lo, found.hi, found.charts, _agreed(found))
        yield Row("two readers", what, *row)


def _effects(sample: Sample, charts: Charts) -> Iterator[Row]:
    """The crude effect of the cohort, corrected for each of its errors, and for all."""
    strata = [one for one in sample.strata if one.inside and one.outcome is not None]
    people = dict.fromkeys(CELLS, 0)
    people |= {(bool(one.exposed), bool(one.outcome)): one.size for one in strata}
    for of, columns in (
        ("outcome", ("outcome",)),
        ("exposure", ("exposed",)),
        ("population, exposure and outcome", ASKED),
    ):
        seen = {cell: dict.fromkeys(_could(cell, columns), 0) for cell in CELLS}
        for one in strata:
            cell = bool(one.exposed), bool(one.outcome)
            for key in one.chosen:
                if all(charts[key].get(name) is not None for name in columns):
                    seen[cell][_true(cell, charts[key], columns)] += 1
        heading = "crude effect of the cohort, corrected for its errors in " + of
        found = corrected(people, seen, of, sample.seed)
        if isinstance(found, str):
            yield Row(heading, "not corrected", note=found)
            continue
        answered = sum(sum(row.values()) for row in seen.values())
        yield from (_effect(heading, one, answered) for one in found)

    yield Row(
        "the declared answer",
        "not corrected",
        note="it is adjusted, and no chart tells how: the crude effect shows which way, and how "
        "far, the errors move it",
    )


def _could(cell: Cell, columns: tuple[str, ...]) -> list[Cell | None]:
    """What somebody of a cell may truly be, by charts that answer these columns."""
    own = [
        true
        for true in CELLS
        if (true[0] == cell[0] or "exposed" in columns)
        and (true[1] == cell[1] or "outcome" in columns)
    ]
    return [*own, *([None] if "cohort" in columns else [])]


def _true(cell: Cell, said: Answers, columns: tuple[str, ...]) -> Cell | None:
    """The true cell of somebody by his chart, None where he is not of the population."""
    if "cohort" in columns and not said["cohort"]:
        return None
    exposed = said["exposed"] if "exposed" in columns else cell[0]
    outcome = said["outcome"] if "outcome" in columns else cell[1]
    return bool(exposed), bool(outcome)


def _effect(heading: str, one: Corrected, charts: int) -> Row:
    was = f"{one.crude:.3f}" if isfinite(one.crude) else "no number"
    note = f"{was} as the run has it; interval simulated"
    return Row(heading, one.measure, one.estimate, one.lo, one.hi, charts, note)
