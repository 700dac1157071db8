"""The report of `layout check` as a page: what maps, what is understood, what a run would find."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ehrivig import __version__
from ehrivig.errors import UsageError
from ehrivig.extract.layout_report import CodeReport, LayoutReport, TableReport, lines_of
from ehrivig.figures.page import page


@dataclass(frozen=True)
class _Row:
    name: str
    state: str
    rows: str
    sources: str
    mapped: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class _Code:
    what: str
    share: str
    rows: str
    commonest: tuple[str, ...]


def write(path: Path, report: LayoutReport, rehearsal: tuple[str, ...] = ()) -> None:
    """Write the page; UsageError where that cannot be."""
    text = page(
        "ehrivig.commands",
        "layout.html",
        title=f"Layout {report.layout}",
        verdict=report.verdict,
        tables=[_row(table) for table in report.tables],
        codes=[_code(code) for code in report.codes],
        rehearsal="\n".join(rehearsal),
        version=__version__,
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html: {path.name!r} cannot be written: {error.strerror}.") from error


def _row(table: TableReport) -> _Row:
    if not table.given:
        return _Row(table.name, "absent", "", "", "", (f"no {table.name}.sql",))
    mapped = sum(column.mapped for column in table.columns)
    sources = ", ".join(f"{one.name} ({one.rows:,})" for one in table.sources)
    return _Row(
        table.name,
        "can be used" if table.usable else "must be mended",
        f"{table.rows:,}",
        sources,
        f"{mapped} of {len(table.columns)}",
        tuple(line for line in lines_of(table) if not line.startswith("from ")),
    )


def _code(code: CodeReport) -> _Code:
    share = "" if code.proportion is None else f"{100 * code.proportion:.1f}%"
    commonest = tuple(f"{one.code} ({one.rows:,})" for one in code.commonest)
    return _Code(f"{code.table}: {code.what}", share, f"{code.rows:,}", commonest)
