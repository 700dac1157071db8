"""A list that others have made: a CSV of OpenCodelists, one code a row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from ehrivig.codes.cells import Vocabulary
from ehrivig.codes.imports import line, text_of
from ehrivig.codes.kinds import ListKind, Row
from ehrivig.errors import UsageError

_CODE_COLUMNS = ("code", "id", "snomed_id", "snomedcode", "snomed_code", "dmd_id", "icd10_code")
_TERM_COLUMNS = ("term", "name", "nm", "description", "dmd_name", "preferred_term")
_DECISION_COLUMNS = ("status", "is_included", "included")
_DECISIONS = dict.fromkeys(("+", "(+)", "true", "yes", "1", "included"), True) | dict.fromkeys(
    ("-", "(-)", "false", "no", "0", "excluded"), False
)
"""What a builder of lists decided on a code, as OpenCodelists writes it."""


def opencodelist(
    path: Path,
    kind: ListKind,
    name: str,
    vocabulary: str | None,
    column: str | None,
    match: str = "single",
) -> list[Row]:
    """The lines of a CSV as OpenCodelists writes it: one code a row, with its term.

    `vocabulary`: what its codes are of, which the file does not say; `column`: where they stand,
    when no column has a usual name; `match`: what a code stands for, itself alone (single) or all
    that begins so. Codes that a column of decisions (`status`, `is_included`) leaves out are left
    out.
    """
    rows = list(_rows(path))
    header = [cell.strip().casefold() for cell in rows[0][1]] if rows else []
    codes = _column(path, header, (column.casefold(),) if column else _CODE_COLUMNS)
    terms = next((header.index(word) for word in _TERM_COLUMNS if word in header), None)
    spelled = _vocabulary(path, kind, vocabulary)
    found: dict[str, str] = {}
    decided = next((header.index(word) for word in _DECISION_COLUMNS if word in header), None)
    for number, row in rows[1:]:
        if len(row) > codes and row[codes].strip() and _taken(path, number, row, decided):
            term = row[terms].strip() if terms is not None and len(row) > terms else ""
            found.setdefault(row[codes].strip(), term)
    if not found:
        raise UsageError(f"codelist new: {path.name} holds no code. Give another file.")
    return [line(kind, name, spelled, code, match, term) for code, term in found.items()]


def alone(rows: list[Row]) -> list[str]:
    """One sentence about categories of ICD-10 that stand for themselves alone; none without any."""
    found = [
        row["code"]
        for row in rows
        if row.get("match") == "single"
        and row["vocabulary"].startswith("ICD10")
        and re.fullmatch(r"[A-Za-z]\d[0-9A-Za-z]", row.get("code", ""))
    ]
    if not found:
        return []
    return [
        f"{len(found)} code(s) of three signs ({', '.join(found[:5])}{', ...' * (len(found) > 5)}) "
        f"stand for themselves alone: {found[0]} does not find {found[0]}.9. Where the list means "
        "all below them, import it anew with --match prefix"
    ]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line that it begins on; UsageError for a broken one."""
    reader = csv.reader(StringIO(text_of(path)), strict=True)
    begins = 1
    try:
        for row in reader:
            if row:
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        long = "field limit" in str(error)
        why = "a cell of over 100,000 letters" if long else "a quotation mark that is not closed"
        raise UsageError(
            f"codelist new: {path.name}, line {begins}: {why}. Mend the line, or export the list "
            "again."
        ) from error


def _taken(path: Path, number: int, row: list[str], decided: int | None) -> bool:
    """Whether a row's code belongs to the list; UsageError where nobody has decided."""
    if decided is None:
        return True
    said = row[decided].strip().casefold() if len(row) > decided else ""
    if said not in _DECISIONS:
        raise UsageError(
            f"codelist new: {path.name}, line {number}: its status says neither that the code is "
            "in the list (+) nor that it is not (-). Decide on it, and export the list again."
        )
    return _DECISIONS[said]


def _column(path: Path, header: list[str], names: tuple[str, ...]) -> int:
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise UsageError(
            f"codelist new: {path.name}: its columns are not separated by commas. Save it as "
            "comma-separated CSV."
        )
    for word in names:
        if header.count(word) > 1:
            raise UsageError(
                f"codelist new: {path.name} has {header.count(word)} columns {word!r}. Rename all "
                "but that of the codes."
            )
        if word in header:
            return header.index(word)
    raise UsageError(
        f"codelist new: {path.name} has no column {' or '.join(names)} (it has: "
        f"{', '.join(header) or 'none'}). Name the column of its codes with --column."
    )


def _vocabulary(path: Path, kind: ListKind, vocabulary: str | None) -> str:
    check = kind.columns.get("vocabulary")
    if not isinstance(check, Vocabulary):
        raise UsageError(f"codelist new: a list of {kind.name} cannot be imported.")
    if vocabulary is None or check(vocabulary):
        said = "" if vocabulary is None else f" {vocabulary!r} is none."
        raise UsageError(
            f"codelist new: {path.name} does not say what its codes are of.{said} Give "
            f"--vocabulary, one of {', '.join(check.names)}."
        )
    return check.spelled(vocabulary)
