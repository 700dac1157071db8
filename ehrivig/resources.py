"""Finds the files that ship with the package: SQL, expectation suites, code lists, studies.

In a checkout `sql/` and `expectations/` lie beside the package; in an installed wheel they lie
under `ehrivig/_resources/`. Nothing else in the package knows the difference.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def _top(name: str) -> Path:
    """The shipped folder `name`, from the wheel or else from the checkout."""
    installed = _PACKAGE / "_resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def sql_folder() -> Path:
    """The folder of SQL files (`layout/` and `concept/`)."""
    return _top("sql")


def expectations_folder() -> Path:
    """The folder of Great Expectations suites, one per canonical table."""
    return _top("expectations")


def codelists_folder() -> Path:
    """The folder of code lists."""
    return _PACKAGE / "codes" / "codelists"


def studies_folder() -> Path:
    """The folder of packaged study files."""
    return _PACKAGE / "study" / "packaged"


def regimens_folder() -> Path:
    """The folder of packaged regimens."""
    return _PACKAGE / "study" / "regimens"


def text(path: Path) -> str:
    """The text of a shipped file (UTF-8)."""
    return path.read_text(encoding="utf-8")


def digest(content: bytes) -> str:
    """SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
