"""Reads a CSV of trials: one row per study, checked row by row.

Columns: `study` and one of
- `events_treated, n_treated, events_control, n_control`
- `mean_treated, sd_treated, n_treated, mean_control, sd_control, n_control`
- `estimate, lo, hi` (95% interval)

Any other column may name a subgroup or a covariate. Known ones: `year` (label, order of the
cumulative pool), `measure` (of printed estimates), `p_printed`, `rob_<domain>` and `rob_overall`
(risk of bias). Published tables may mark how they
came by a number: the suffix `_solved` or `_inferred` is read as the plain name and reported as
reconstructed, as are the columns that a column `reconstructed` names (";" between);
`or_printed` (or `rr_printed`, ...) with `lo_printed, hi_printed` are printed estimates that counts
are compared with; `_ivig` names the treated arm.
"""

from __future__ import annotations

import csv
import math
import unicodedata
from collections.abc import Container, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ehrivig.errors import UsageError, many
from ehrivig.meta.measures import MEASURES, measure_named
from ehrivig.meta.risk_of_bias import column_name
from ehrivig.meta.study_data import Counts, Estimates, Means, StudyData
from ehrivig.stats.result import FloatArray

RECONSTRUCTED = ("_solved", "_inferred", "_reconstructed")
_KINDS: dict[str, type[StudyData]] = {"counts": Counts, "means": Means, "estimates": Estimates}
_DEFAULT_MEASURE = {"counts": "OR", "means": "MD"}
_KNOWN = {"study", "year", "measure"}.union(*(made.columns() for made in _KINDS.values()))
"""Names of columns that a message may tell: any other may be a cell of somebody."""
_MOST_ROWS = 100_000


@dataclass(frozen=True)
class Trials:
    """A table of studies as read: `labels` for people, `data` for the pool, `columns` as text.

    `columns` maps every plain column name to its k cells; `reconstructed` names the columns whose
    numbers were not printed but solved for. `lines` (k,) are line numbers of the file.
    """

    source: str
    labels: tuple[str, ...]
    data: StudyData
    measure: str
    columns: dict[str, tuple[str, ...]]
    reconstructed: tuple[str, ...]
    lines: tuple[int, ...]

    def text_column(self, name: str) -> tuple[str, ...]:
        """The cells of a column, none of them empty. Raises UsageError."""
        if name not in self.columns:
            known = ", ".join(self.columns)
            raise UsageError(f"{self.source}: no column {name!r}. It has {known}.")
        for label, line, cell in zip(self.labels, self.lines, self.columns[name], strict=True):
            if not cell:
                raise UsageError(f"{self.source}: line {line} ({label}): {name} is empty. Fill it.")
        return self.columns[name]

    def number_column(self, name: str) -> FloatArray:
        """The cells (k,) of a column as numbers. Raises UsageError."""
        cells = self.text_column(name)
        return _numbers(self.source, name, cells, _places(self.lines, self.labels))

    @property
    def chronological(self) -> tuple[int, ...]:
        """Row numbers in order of `year`, or of the file where a year is missing."""
        try:
            years = [float(cell) for cell in self.columns["year"]]
        except (KeyError, ValueError):
            return tuple(range(len(self.labels)))
        return tuple(sorted(range(len(years)), key=lambda row: (years[row], row)))


def read_trials(path: Path, measure: str | None = None) -> Trials:
    """The studies of a CSV file for a measure (by default OR for counts, MD for means).

    Raises UsageError for a file that cannot be read, fewer than two studies, missing columns, and
    every impossible row (negative or fractional counts, events above n, lo > hi, ...).
    """
    if measure is not None:
        measure_named(measure)
    source = path.name
    table, lines, reconstructed = read_table(path)
    if "study" not in table:
        raise UsageError(f"{source}: none of its {_columns(table)} is named study. {_HEADER}")
    if len(lines) < 2:
        raise UsageError(f"{source}: {len(lines)} study. A synthesis needs at least two.")
    labels = _labels(source, table, lines)
    kind = _kind(source, table, measure)
    chosen = _measure(source, table, kind, measure)
    places = _places(lines, labels)
    numbers = {name: _numbers(source, name, table[name], places) for name in _KINDS[kind].columns()}
    data = _KINDS[kind].from_columns(numbers, tuple(f"{source} {place}" for place in places))
    if isinstance(data, Estimates) and measure_named(chosen).ratio:
        data.check_ratio()
    flagged = {name.strip() for cell in table.get("reconstructed", ()) for name in cell.split(";")}
    used = tuple(name for name in numbers if name in flagged or name in reconstructed)
    return Trials(source, labels, data, chosen, table, used, lines)


def read_table(path: Path) -> tuple[dict[str, tuple[str, ...]], tuple[int, ...], tuple[str, ...]]:
    """A CSV as text: columns by plain name, the line of each row, the reconstructed columns.

    Raises UsageError when the file is missing, not UTF-8, not comma-separated, or ragged.
    """
    header, rows, lines = _read_rows(path)
    names, reconstructed = _plain_names(path.name, header)
    cells: Sequence[tuple[str, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return dict(zip(names, cells, strict=True)), lines, reconstructed


def _read_rows(path: Path) -> tuple[list[str], list[list[str]], tuple[int, ...]]:
    """Header, rows without the blank ones, and their line numbers."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"{path}: is a pipe or a device, not a file. Name a CSV file.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            found = [
                ([" ".join(cell.split()) for cell in row], reader.line_num)
                for row in reader
                if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")
            ]
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read ({problem.strerror}). Name a CSV file.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: is not UTF-8. Save it as CSV UTF-8.") from None
    except csv.Error as problem:
        raise UsageError(f"{path.name}: is not valid CSV ({problem}).") from None
    if not found:
        raise UsageError(f"{path.name}: is empty. Give a header and one row per study.")
    header, body = found[0][0], found[1:]
    if len(body) > _MOST_ROWS:
        raise UsageError(f"{path.name}: {len(body)} rows. Give one row per study, not per person.")
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise UsageError(f"{path.name}: columns are not separated by commas. Save it with commas.")
    for row, line in found:
        if any(unicodedata.category(letter) == "Cc" for cell in row for letter in cell):
            raise UsageError(f"{path.name}: line {line} holds a control character. Mend the cell.")
    for row, line in body:
        if len(row) != len(header):
            raise UsageError(
                f"{path.name}: line {line} has {len(row)} cells, the header {len(header)}. "
                "Put text that holds a comma in double quotes."
            )
    return header, [row for row, _ in body], tuple(line for _, line in body)


def _plain_names(source: str, header: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Column names without marks of provenance, and those that carried one."""
    names, reconstructed = [], []
    for raw in header:
        marked = raw.strip().lower()
        if not marked:
            raise UsageError(f"{source}: a column has no name. Name it or delete it.")
        name = marked
        for mark in RECONSTRUCTED:
            name = name.removesuffix(mark)
        plain = f"{name.removesuffix('_ivig')}_treated" if name.endswith("_ivig") else name
        plain = column_name(plain)
        names.append(plain)
        if name != marked:
            reconstructed.append(plain)
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            shown = repr(name) if name in _KNOWN else f"number {number}"
            raise UsageError(f"{source}: column {shown} appears twice. Rename or delete one.")
    return names, tuple(reconstructed)


def _labels(
    source: str, table: dict[str, tuple[str, ...]], lines: tuple[int, ...]
) -> tuple[str, ...]:
    """A label per study: name and year; a name that comes again is numbered."""
    seen: dict[str, int] = {}
    labels = []
    years = table.get("year", ("",) * len(lines))
    for name, year, line in zip(table["study"], years, lines, strict=True):
        if not name:
            raise UsageError(f"{source}: line {line}: study is empty. Name the study.")
        label = name if not year or year in name else f"{name} {year}"
        seen[label] = seen.get(label, 0) + 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(labels)


def _places(lines: tuple[int, ...], labels: tuple[str, ...]) -> tuple[str, ...]:
    """Where each study stands, for messages."""
    return tuple(f"line {line} ({label})" for line, label in zip(lines, labels, strict=True))


def _kind(source: str, table: dict[str, tuple[str, ...]], measure: str | None) -> str:
    """The kind of data the file holds; that which fits the measure when it holds several."""
    complete = [kind for kind, made in _KINDS.items() if set(made.columns()) <= set(table)]
    if not complete:
        wanted = "; or ".join(_lacking(made, table) for made in _KINDS.values())
        raise UsageError(f"{source}: its {_columns(table)} lack {wanted}. {_HEADER}")
    if measure is None:
        return complete[0]
    fitting = [kind for kind in complete if kind in measure_named(measure).sources]
    if not fitting:
        needed = " or ".join(measure_named(measure).sources)
        raise UsageError(
            f"{source}: measure {measure} needs {needed}; the file holds {', '.join(complete)}."
        )
    return fitting[0]


_HEADER = "Name the columns on the first line."


def _columns(table: Sized) -> str:
    """How many columns a table has; never their names, for the header may be a row of a patient."""
    return many(len(table), "column")


def _lacking(made: type[StudyData], table: Container[str]) -> str:
    """The columns of a kind of data that a table does not have."""
    return ", ".join(name for name in made.columns() if name not in table)


def _measure(source: str, table: dict[str, tuple[str, ...]], kind: str, measure: str | None) -> str:
    """The measure to pool; estimates must say theirs, and all the same."""
    said = list(dict.fromkeys(table.get("measure", ())))
    if kind != "estimates":
        hint = said[0] if len(said) == 1 and said[0] in MEASURES else None
        fits = hint is not None and kind in MEASURES[hint].sources
        return measure or (hint if hint and fits else _DEFAULT_MEASURE[kind])
    if len(said) > 1:
        raise UsageError(f"{source}: measures are mixed ({', '.join(said)}). Keep one per file.")
    if said and measure and said[0] != measure:
        raise UsageError(f"{source}: the estimates are {said[0]}, not {measure}.")
    if not (measure or said):
        known = ", ".join(MEASURES)
        raise UsageError(
            f"{source}: estimates without a measure. Add --measure or a column 'measure' ({known})."
        )
    return measure or measure_named(said[0]).code


def _numbers(source: str, name: str, cells: tuple[str, ...], places: tuple[str, ...]) -> FloatArray:
    """A column as numbers; the message of a bad cell says where and how to mend it."""
    out = np.empty(len(cells))
    for row, (cell, place) in enumerate(zip(cells, places, strict=True)):
        try:
            out[row] = float(cell)
        except ValueError:
            out[row] = math.nan
        if not math.isfinite(out[row]):
            shown = "empty" if not cell else f"{cell!r}, not a number"
            hint = " Use a decimal point." if "," in cell else " Fill it or delete the row."
            raise UsageError(f"{source}: {place}: {name} is {shown}.{hint}")
    return out
