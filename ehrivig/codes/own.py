"""A user's own code lists: a folder of CSV files, read as a whole or refused with every problem.

`drugs/NAME.csv` is a drug list; `conditions.csv` or any file in `conditions/` lists conditions, and
so on (`KINDS`). Hidden files and README files are passed over; any other file is refused.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path

from ehrivig import resources
from ehrivig.codes.cells import Vocabulary, slug
from ehrivig.codes.contradictions import contradictions
from ehrivig.codes.forms import misshapen
from ehrivig.codes.kinds import DRUGS, KINDS, ListKind
from ehrivig.codes.lists import CodeLists, Line, OwnFile
from ehrivig.errors import StudyError

REPLACE = "#! replace"
MOST_LINES = 200_000
"""More lines than this in a file is no code list, but a table of something else."""
MOST_SHOWN = 48
LONGEST_LINE = 10_000
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_LINE_END = re.compile(r"\r\n|\n|\r")

Problems = list[str]


def read(folder: Path) -> CodeLists:
    """The shipped lists with those in a user's folder laid over them.

    Raises StudyError that names every problem with file and line.
    """
    if folder.is_file():
        raise StudyError(
            f"code lists: {folder.name} is a file. Give the folder that holds the lists, drug "
            "lists in its folder drugs."
        )
    if not folder.is_dir():
        raise StudyError(
            f"code lists: no folder {str(folder)!r}. Mend [extract] codelists (it is looked for "
            "beside the study file), or write a first list with `ehrivig codelist new`."
        )
    problems: Problems = []
    files = []
    for path in _files(folder):
        found = _file(path, path.relative_to(folder).as_posix(), problems)
        files += [found] if found else []
    lists = CodeLists(tuple(files))
    if not problems:
        problems = contradictions(lists)
    if problems:
        raise StudyError(_told(folder, problems))
    return lists


def problems_of(folder: Path, where: str) -> list[str]:
    """What is wrong with a folder of lists because of one file of it."""
    others = _problems(folder, without=where)
    return [one for one in _problems(folder) if one not in others]


def _problems(folder: Path, without: str = "") -> list[str]:
    problems: Problems = []
    paths = [(path, path.relative_to(folder).as_posix()) for path in _files(folder)]
    files = [_file(path, name, problems) for path, name in paths if name != without]
    return [*problems, *contradictions(CodeLists(tuple(file for file in files if file)))]


def _told(folder: Path, problems: Problems) -> str:
    """All problems in one message, at most 50 of them."""
    shown = problems[:MOST_SHOWN]
    more = len(problems) - len(shown)
    rest = [f"and {more:,} more"] if more else []
    return f"code lists: {folder.name} has {len(problems):,} problem(s):\n  " + "\n  ".join(
        [*shown, *rest]
    )


def _files(folder: Path) -> list[Path]:
    """Every file that must be a code list, sorted."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if not path.is_dir() or path.is_symlink() or path.suffix.lower() == ".csv"
    ]
    return [path for path in found if not _passed_over(path.relative_to(folder))]


def _passed_over(path: Path) -> bool:
    hidden = any(part.startswith((".", "~$")) or part.endswith("~") for part in path.parts)
    return hidden or path.stem.upper() == "README" or path.suffix.lower() == ".md"


def _kind(path: str) -> ListKind | str:
    """The kind that a path within the folder says; else why there is none."""
    parts = path.split("/")
    kind = KINDS.get(parts[0] if len(parts) == 2 else parts[0].removesuffix(".csv"))
    if path.lower().endswith(".csv") and not path.endswith(".csv"):
        return f"{path}: its name ends in capitals. Rename it to end in .csv."
    if not path.endswith(".csv"):
        return f"{path}: no CSV file. Save it as CSV (comma separated, UTF-8), or move it away."
    if kind is None or len(parts) > 2 or path == f"{DRUGS}.csv":
        return f"{path}: of no known kind. {_where(parts[-1])}"
    if kind.name == DRUGS and slug(parts[1].removesuffix(".csv")):
        return (
            f"{path}: the name of a drug list {slug(parts[1].removesuffix('.csv'))}. Rename the "
            "file."
        )
    return kind


def _where(name: str) -> str:
    """Where the files of each kind lie."""
    others = ", ".join(f"{kind}.csv" for kind in KINDS if kind != DRUGS)
    if name in ("findings.csv", "procedures.csv", "pathogens.csv", "devices.csv"):
        return "Its lines belong into events.csv, with their kind in the first column."
    return f"A drug list is drugs/NAME.csv; the others are {others}, or lie in folders so named."


def _file(path: Path, where: str, problems: Problems) -> OwnFile | None:
    """One file; None, with its problems told, when it cannot be used."""
    kind = _no_file(path, where) or _kind(where)
    if isinstance(kind, str):
        problems.append(kind)
        return None
    content = _content(path, where, problems)
    if content is None:
        return None
    before = len(problems)
    replaces = _directives(content, where, problems)
    lines = _lines(content, kind, where, problems)
    if not lines and len(problems) == before and kind.name == DRUGS:
        problems.append(f"{where}: holds no line. Fill it in, or remove the file.")
    name = path.stem if kind.name == DRUGS else ""
    digest = resources.digest(path.read_bytes())
    return OwnFile(where, kind.name, name, digest, replaces, tuple(lines))


def _no_file(path: Path, where: str) -> str | None:
    """Why a path is nothing to read lines from; None where it is a file."""
    if path.is_dir() and not path.is_symlink():
        return (
            f"{where}: a folder that is named like a list. Rename it, or put the list itself there."
        )
    if path.is_dir():
        return f"{where}: a link to a folder is not followed. Put the folder itself there."
    if path.exists() and not path.is_file():
        return f"{where}: no file, but a pipe or device. Move it away."
    return None


def _content(path: Path, where: str, problems: Problems) -> str | None:
    """The text of a file; None when it is not UTF-8, or cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.append(f"{where}: cannot be read ({error.strerror}). Mend its permissions.")
        return None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw:
        problems.append(f"{where}: is no UTF-8 text. Save it as 'CSV UTF-8'.")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problems.append(f"{where}, line {line}: is not UTF-8. Save the file as 'CSV UTF-8'.")
        return None


def _directives(content: str, where: str, problems: Problems) -> bool:
    """Whether the file replaces shipped lines; a directive that does not exist is a problem."""
    found = False
    for number, line in enumerate(_LINE_END.split(content), start=1):
        if re.fullmatch(r"#\s+!\s*replace[\s,]*", line):
            problems.append(f"{where}, line {number}: a comment. A directive begins: {REPLACE}.")
        if line.startswith("#!"):
            plain = re.sub(r"\s+", " ", line).strip().rstrip(",").strip()
            found |= plain == REPLACE
            if plain != REPLACE:
                problems.append(f"{where}, line {number}: unknown directive. Known: {REPLACE}.")
    return found


def _lines(content: str, kind: ListKind, where: str, problems: Problems) -> list[Line]:
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
    for number, line in enumerate(_LINE_END.split(content), start=1):
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
    after = _LINE_END.split(content)[number : number + _LONGEST_CELL]
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
