"""Rows of published results, with the rounding that their printed digits imply."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ehrivig.errors import UsageError
from ehrivig.meta.measures import Measure, measure_named
from ehrivig.meta.trials import Trials, read_table

TOTAL = "all"
COUNTS = ("events_treated", "n_treated", "events_control", "n_control")
SIZES = (*COUNTS, "n", "k")


_LARGEST = 300
"""The power of ten beyond which a printed number is none."""


@dataclass(frozen=True)
class Printed:
    """A number as printed: every value in [`least`, `most`] rounds to it.

    A p printed as "<0.001" has value 0.001 and the range 0 to 0.001.
    """

    value: float
    least: float
    most: float

    @classmethod
    def read(cls, text: str) -> Printed:
        """A printed number from its text. Raises UsageError when it is none."""
        bound = text.startswith(("<", "≤"))
        plain = text.lstrip("<≤= ").replace("−", "-").replace("·", ".")
        try:
            number = Decimal(plain)
        except InvalidOperation:
            raise UsageError(f"published row: {text!r} is not a printed number.") from None
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or max(abs(exponent), abs(number.adjusted())) > _LARGEST:
            raise UsageError(f"published row: {text!r} is not a finite number.")
        half = 0.5 * 10.0**exponent
        value = float(number)
        return cls(value, 0.0 if bound else value - half, value if bound else value + half)


@dataclass(frozen=True)
class PublishedRow:
    """One printed result: what it is about, its estimate and interval, its p and counts if given.

    `subgroup` is "all" for a total; `dimension` groups the subgroups that partition a total (one
    word such as "age"; empty when unknown). `sizes` are the printed numbers of persons, events or
    studies, by name.
    """

    label: str
    outcome: str
    dimension: str
    subgroup: str
    measure: Measure
    estimate: Printed
    lo: Printed
    hi: Printed
    p: Printed | None = None
    sizes: dict[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> tuple[float, float, float, float] | None:
        """The 2x2 table (events and n, treated then control), None where it is not complete."""
        a, n1, c, n2 = (self.sizes.get(name) for name in COUNTS)
        if a is None or n1 is None or c is None or n2 is None:
            return None
        return a, n1, c, n2

    @property
    def is_total(self) -> bool:
        """Whether the row is a total, not a subgroup."""
        return self.subgroup == TOTAL


def read_published(path: Path) -> tuple[PublishedRow, ...]:
    """Published results of a CSV: measure, estimate, lo, hi; else outcome, subgroup, dimension, ...

    Further columns read: p_printed, n, and the four 2x2 counts. Raises UsageError as `read_trials`.
    """
    table, lines, _ = read_table(path)
    missing = [name for name in ("measure", "estimate", "lo", "hi") if name not in table]
    if missing:
        raise UsageError(f"{path.name}: published rows need the columns {', '.join(missing)}.")
    return tuple(_row(path.name, table, row, line) for row, line in enumerate(lines))


def printed_rows(trials: Trials) -> tuple[PublishedRow, ...]:
    """The printed estimates that a table of trials carries beside, or as, its data."""
    printed = f"{trials.measure.lower()}_printed"
    names = (printed, "lo_printed", "hi_printed")
    if not set(names) <= set(trials.columns):
        names = ("estimate", "lo", "hi")
        if not set(names) <= set(trials.columns):
            return ()
    table = dict(trials.columns)
    table |= dict(zip(("estimate", "lo", "hi"), (trials.columns[n] for n in names), strict=True))
    table["measure"] = (trials.measure,) * len(trials.labels)
    table["study"] = trials.labels
    rows = range(len(trials.labels))
    return tuple(
        _row(trials.source, table, row, trials.lines[row])
        for row in rows
        if all(table[name][row] for name in ("estimate", "lo", "hi"))
    )


def _row(source: str, table: dict[str, tuple[str, ...]], row: int, line: int) -> PublishedRow:
    """One published row of a table of text."""

    def cell(name: str) -> str:
        return table[name][row] if name in table else ""

    try:
        return PublishedRow(
            label=_label(cell("study"), cell("outcome"), cell("subgroup")),
            outcome=cell("outcome"),
            dimension=cell("dimension"),
            subgroup=cell("subgroup"),
            measure=measure_named(cell("measure")),
            estimate=Printed.read(cell("estimate")),
            lo=Printed.read(cell("lo")),
            hi=Printed.read(cell("hi")),
            p=Printed.read(cell("p_printed")) if cell("p_printed") else None,
            sizes={name: size for name in SIZES if (size := _size(cell(name))) is not None},
        )
    except UsageError as problem:
        raise UsageError(f"{source}: line {line}: {problem}") from None


def _size(text: str) -> float | None:
    """A printed number of persons, events or studies; None where it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _label(study: str, outcome: str, subgroup: str) -> str:
    """What a row is called in messages."""
    parts = [part for part in (study, outcome, subgroup) if part]
    return ", ".join(dict.fromkeys(parts)) or "row"
