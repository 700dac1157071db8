"""A user's own code lists: a folder of CSV files, read as a whole or refused with every problem.

`drugs/NAME.csv` is a drug list; `conditions.csv` or any file in `conditions/` lists conditions, and
so on (`KINDS`). Hidden files and README files are passed over; any other file is refused.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ehrivig import resources
from ehrivig.codes.cells import slug
from ehrivig.codes.contradictions import contradictions
from ehrivig.codes.kinds import DRUGS, KINDS, ListKind
from ehrivig.codes.lists import CodeLists, OwnFile
from ehrivig.codes.own_lines import LINE_END, Problems, lines_of
from ehrivig.errors import StudyError

REPLACE = "#! replace"
MOST_SHOWN = 48


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
    lines = lines_of(content, kind, where, problems)
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
    for number, line in enumerate(LINE_END.split(content), start=1):
        if re.fullmatch(r"#\s+!\s*replace[\s,]*", line):
            problems.append(f"{where}, line {number}: a comment. A directive begins: {REPLACE}.")
        if line.startswith("#!"):
            plain = re.sub(r"\s+", " ", line).strip().rstrip(",").strip()
            found |= plain == REPLACE
            if plain != REPLACE:
                problems.append(f"{where}, line {number}: unknown directive. Known: {REPLACE}.")
    return found
