"""What counts as given, and what a list includes, is spelled in one query; all others read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ehrivig import resources

SQL = resources.sql_folder()
PACKAGE = Path(__file__).resolve().parents[2] / "ehrivig"
# What writes a status or a verdict, or asks which words there are.
WRITERS = (
    *("layout/", "demo/", "extract/layout_check.py", "extract/draft/"),
    *("codes/drugs.py", "codes/overlap.py"),
)
GIVEN_SQL, INCLUDED_SQL = "concept/medication/given.sql", "concept/medication/included.sql"
ENDED_SQL = "concept/medication/ended.sql"  # what only ends a dose: the other side of given
STATUS = re.compile(
    r"""status['"]?\)?\s*(=|==|!=|<>|IN|\.is_in)[^;]{0,40}['"](given|stopped)['"]""", re.IGNORECASE
)
INCLUDED = re.compile(r"""verdict['"]?\)?\s*(=|==|!=|<>|IN)\s*\(?['"]include""", re.IGNORECASE)
POSITIVE = re.compile(r"""\bdose\b['"]?\)?\s*(>=?|<=|==?|<>|!=|IS DISTINCT FROM)\s*0\b""")


def code(path: Path) -> str:
    """The text of a file without its comments; of Python without what only documents."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return re.sub(r"--[^\n]*", "", text)
    return re.sub(r'"""(?:[^"]|"(?!""))*"""', "", re.sub(r"(?m)^\s*#.*$", "", text))


def files() -> dict[str, str]:
    """Every query and module but the writers -> its code."""
    found = {path.relative_to(SQL).as_posix(): code(path) for path in sorted(SQL.rglob("*.sql"))}
    found |= {p.relative_to(PACKAGE).as_posix(): code(p) for p in sorted(PACKAGE.rglob("*.py"))}
    return {name: text for name, text in found.items() if not name.startswith(WRITERS)}


@pytest.mark.parametrize(
    ("pattern", "where"),
    [(STATUS, [ENDED_SQL, GIVEN_SQL]), (INCLUDED, [INCLUDED_SQL])],
    ids=["given", "included"],
)
def test_one_query_says_it(pattern: re.Pattern[str], where: list[str]) -> None:
    assert [name for name, text in files().items() if pattern.search(text)] == where


def test_no_other_query_asks_whether_a_dose_is_above_zero() -> None:
    """Only what reads a quantity before its unit is known, of rows given or not."""
    found = [name for name, text in files().items() if POSITIVE.search(text)]
    assert sorted(found) == [ENDED_SQL, GIVEN_SQL, "extract/resolved.py"]


@pytest.mark.parametrize("folder", ["concept", "cohort"])
def test_only_what_was_given_is_read(folder: str) -> None:
    """Whether a hospital sends any administration at all is asked of SENDS."""
    for path in sorted((SQL / folder).rglob("*.sql")):
        text = code(path)
        assert not re.search(r"\b(FROM|JOIN)\s+medication\b", text), path.name
        assert not re.search(r"\b(FROM|JOIN)\s+ref\.drug_class\b", text) or path.name == (
            "included.sql"
        ), path.name


def test_the_patterns_find_what_they_are_for() -> None:
    assert STATUS.search("m.status IN ('given', 'stopped')")
    assert STATUS.search('pl.col("status") == "given"')
    assert INCLUDED.search("r.verdict = 'include'")
    assert INCLUDED.search('own.filter(pl.col("verdict") == "include")')
    assert POSITIVE.search("m.dose IS DISTINCT FROM 0")
    assert POSITIVE.search('(pl.col("dose") <= 0)')
    assert not POSITIVE.search("max_dose > 0.5")
