"""The lines of one file of a user's code lists, or what is wrong with them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from ehrivig.codes.cells import Vocabulary
from ehrivig.codes.forms import misshapen
from ehrivig.codes.kinds import ListKind
from ehrivig.codes.lists import Line

MOST_LINES = 200_000
"""More lines than this in a file is no code list, but a table of something else."""
LONGEST_LINE = 10_000
LINE_END = re.compile(r"\r\n|\n|\r")
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")

Problems = list[str]


def lines_of(content: str, kind: ListKind, where: str, problems: Problems) -> list[Line]:
    """The lines of a file, those with a problem left out."""
    rows = _rows(content, where, problems)
    first = next(rows, None)
    if first is None:
        problems.append(f"{where}: is empty. Begin with the header {','.join(kind.columns)}.")
        return []
    header = [name.strip().casefold() for name in first[1]]
    wrong = _wrong_header(header, kind)
    if wrong:
        problems.append(f"{where}, line {first[0]}: {wrong}")
        return []
    found: list[Line] = []
    for number, cells in rows:
        line = _line(number, header, cells, kind, where, problems)
        found += [line] if line else []
        if len(found) > MOST_LINES:
            problems.append(
                f"{where}: more than {MOST_LINES:,} lines. Match what they have in common "
                "(match prefix, or a class's code) instead of listing them all."
            )
            return found
    return found


def _rows(content: str, where: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every line that is neither blank nor a comment.

    A cell that goes on over several lines is told once.
    """
    open_quote = False
    for number, line in enumerate(LINE_END.split(content), start=1):
        if open_quote:
            open_quote = line.count('"') % 2 == 0
            continue
        if line.startswith("#") or not line.strip(" ,;\t") or _SEPARATOR.fullmatch(line):
            continue
        if len(line) > LONGEST_LINE:
            problems.append(f"{where}, line {number}: over {LONGEST_LINE:,} letters. Mend it.")
            continue
        try:
            cells = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration):
            open_quote = _goes_on(content, number)
            problems.append(
                f"{where}, line {number}: a quotation mark is not closed on its line. Keep each "
                "cell on one line."
            )
            continue
        yield number, [cell.strip() for cell in cells]


_SEPARATOR = re.compile(r'"?sep=,"?', re.IGNORECASE)
"""What spreadsheets put on the first line to say what separates columns."""
_LONGEST_CELL = 50


def _goes_on(content: str, number: int) -> bool:
    """Whether the quotation mark that line `number` opens is closed on one of the next lines."""
    after = LINE_END.split(content)[number : number + _LONGEST_CELL]
    return any(line.count('"') % 2 for line in after)


_COLUMN = re.compile(r"[a-z][a-z_]*")


def _wrong_header(header: list[str], kind: ListKind) -> str | None:
    """What is wrong with the names of the columns; None when nothing is."""
    wanted = ",".join(kind.columns)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        return "its columns are not separated by commas. Save it as comma-separated CSV."
    while header and not header[-1]:  # spreadsheets leave empty columns behind
        header.pop()
    unknown = [name if _COLUMN.fullmatch(name) else "(no name)" for name in header]
    unknown = [name for name in unknown if name not in kind.columns]
    if len(unknown) > len(header) // 2:  # perhaps a row of data, which is for no message
        unknown = [f"{len(unknown)} of {len(header)}"]
    missing = [name for name in kind.required if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    parts = [("unknown", unknown), ("missing", missing), ("twice", [] if unknown else twice)]
    said = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)
    return f"wrong header ({said}). A list of {kind.name} has {wanted}." if said else None


def _line(
    number: int,
    header: list[str],
    cells: list[str],
    kind: ListKind,
    where: str,
    problems: Problems,
) -> Line | None:
    """One line; None, with its problems told, when a cell is wrong."""
    extra = [cell for cell in cells[len(header) :] if cell]
    if extra:
        problems.append(
            f"{where}, line {number}: {len(cells)} cells under {len(header)} columns. Put a name "
            "that holds a comma in quotation marks."
        )
        return None
    row = dict.fromkeys(kind.columns, "") | dict(zip(header, cells, strict=False))
    wrong = [said for column in kind.columns if (said := _wrong(column, row[column], kind))]
    problems += [f"{where}, line {number}: {said}" for said in wrong]
    check = kind.columns.get("vocabulary")
    if isinstance(check, Vocabulary):
        row["vocabulary"] = check.spelled(row["vocabulary"])
        if not wrong and (said := misshapen(row)):
            wrong = [said]
            problems.append(f"{where}, line {number}: {said}")
    return None if wrong else Line(number, tuple(row.items()))


def _wrong(column: str, text: str, kind: ListKind) -> str | None:
    """What is wrong with a cell; None when nothing is."""
    if not text:
        empty = column in kind.optional
        return None if empty else f"{column} is empty. Fill it in, or remove the line."
    signs = text[0] in "+-" and text.strip("+-") and column not in _MAY_BE_NEGATIVE
    if text[0] in "=@" or signs:
        return f"{column} begins like a formula of a spreadsheet. Write plain text."
    if _CONTROL.search(text):
        return f"{column} holds a control character. Mend the cell."
    said = kind.columns[column](text)
    return f"{column} {_quoted(text)} {said}." if said else None


_MAY_BE_NEGATIVE = ("shift", "hard_lo", "soft_lo", "soft_hi", "hard_hi", "min_age_years", "note")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
