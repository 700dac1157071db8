"""A filled workbook, read back: every cell is a word that is known, of the sample and the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ehrivig.errors import UsageError, plain
from ehrivig.results.export.described import missing_extra
from ehrivig.results.review.sample import KEY, Sample, draw
from ehrivig.results.review.sheet import ABOUT, ASKED, COLUMNS, SECOND, SHEET, WORDS, about
from ehrivig.results.run import Run

ANSWERS = {"yes": True, "no": False, "unclear": None}
_DIGITS = 300
"""Sample and seed have no more of them."""
Answers = dict[str, bool | None]
"""Column -> what the reader says; no key for a cell that is empty."""


def read(run: Run, path: str | Path) -> tuple[Sample, dict[tuple[str, str], Answers]]:
    """The sample of a filled workbook, and the answers by hospital and admission.

    Raises UsageError, with the cell, for a workbook that is none, of another run or sample, with a
    column, a chart or an answer that is not to be read, or with nothing filled in.
    """
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise missing_extra("review", "to read a workbook", "review") from None
    place = Path(path)
    try:
        with place.open("rb") as file:
            book = load_workbook(file, data_only=False)
    except OSError as error:
        raise UsageError(f"review: {place.name} cannot be read: {error.strerror}.") from error
    except (InvalidFileException, KeyError, ValueError, TypeError, EOFError) as error:
        raise _no_workbook(place) from error
    except Exception as error:  # what a damaged file makes of zip and XML has many names
        if type(error).__module__.partition(".")[0] not in ("zipfile", "xml", "lxml", "zlib"):
            raise
        raise _no_workbook(place) from error
    missing = [name for name in (SHEET, ABOUT) if name not in book.sheetnames]
    if missing:
        raise UsageError(
            f"review: {place.name} has no sheet {missing[0]!r}. Fill in the one given."
        )
    sample = _sample(run, book[ABOUT])
    answers = _answers(book[SHEET], sample)
    if not any(answers.values()):
        raise UsageError(f"review: {place.name}: nothing is filled in. Answer yes, no or unclear.")
    return sample, answers


def _no_workbook(place: Path) -> UsageError:
    return UsageError(f"review: {place.name} is no workbook (.xlsx). Save it as one.")


def _sample(run: Run, sheet: Any) -> Sample:
    """The sample that the workbook was made of, drawn again from the run."""
    cells = {str(row[0].value): row[1] for row in sheet.iter_rows(max_col=2) if row[0].value}
    wanted = ("run", "sample", "seed", "charts")
    for name in wanted:
        if name not in cells:
            raise UsageError(f"review: sheet {ABOUT} has no row {name!r}. Fill in the one given.")
    if str(cells["run"].value) != str(run.manifest["fingerprint"]):
        raise _refused(ABOUT, cells["run"], "it was made of another run, or the run has changed")
    numbers = []
    for name in ("sample", "seed"):
        text = _text(cells[name].value)
        if not text.isdecimal() or len(text) > _DIGITS:
            raise _refused(ABOUT, cells[name], f"{text[:_DIGITS]!r} is no number")
        numbers.append(int(text))
    sample = draw(run, *numbers)
    told = dict(about(run, sample).iter_rows())
    if _text(cells["charts"].value) != told["charts"]:
        raise _refused(ABOUT, cells["charts"], "sample and seed are not those of these charts")
    return sample


def _answers(sheet: Any, sample: Sample) -> dict[tuple[str, str], Answers]:
    """What stands in the cells, chart by chart."""
    rows = sheet.iter_rows()
    head = next(rows, ())
    columns: dict[str, int] = {}
    for place, cell in enumerate(head):
        if (name := _text(cell.value)) in columns and name in (*KEY, *COLUMNS):
            raise _refused(SHEET, cell, f"a second column {name!r}. Give it another name")
        columns.setdefault(name, place)
    for name in (*KEY, *COLUMNS[:-1]):  # also the second reader's: nobody's answers get lost
        if name not in columns:
            raise UsageError(f"review: sheet {SHEET}, row 1: no column {name!r}. Put it back.")
    charts = set(sample.charts)
    found: dict[tuple[str, str], Answers] = {}
    for row in rows:
        if all(cell.value is None for cell in row):
            continue
        cells = [row[columns[name]] for name in KEY]
        key = _text(cells[0].value), _text(cells[1].value)
        if key not in charts:
            raise _refused(SHEET, cells[1], "this admission is not of the sample")
        if key in found:
            raise _refused(SHEET, cells[1], "this admission stands in two rows")
        found[key] = dict(_row(row, columns))
    if lost := [chart for chart in sample.charts if chart not in found]:
        raise UsageError(
            f"review: sheet {SHEET}: {len(lost)} of {len(charts)} charts have no row. "
            "Leave the rows as they were; a chart that nobody read stays empty."
        )
    return found


def _row(row: Any, columns: dict[str, int]) -> Iterator[tuple[str, bool | None]]:
    for name in (*ASKED, *(f"{one}{SECOND}" for one in ASKED)):
        cell = row[columns[name]]
        word = _text(cell.value).casefold()
        if not word:
            continue
        if word not in ANSWERS:
            formula = "a formula" if word.startswith("=") else repr(plain(word[:40]))
            raise _refused(SHEET, cell, f"{formula} is no answer. Write {', '.join(WORDS)}")
        yield name, ANSWERS[word]


def _text(value: Any) -> str:
    """A cell as text: a spreadsheet may have made a number of an id."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _refused(sheet: str, cell: Any, why: str) -> UsageError:
    return UsageError(f"review: cell {sheet}!{cell.coordinate}: {why}.")
