"""The report of `codelist check` as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from ehrivig.extract.lists.counts import COMMONEST, SMALLEST, Count, ListReport, Remark

_WIDTH = 66


def lines(reports: Iterable[ListReport]) -> list[str]:
    """Each file with its lines, what is ambiguous, and what is near it and not found."""
    said = [f"Rows and people, before the data gate; counts under {SMALLEST} people are hidden."]
    for report in reports:
        over = f", in place of {report.overrides} shipped line(s)" if report.overrides else ""
        said += ["", f"{report.path} ({len(report.lines)} line(s){over})"]
        if report.by_name:
            said.append("  (rows of the name of each line, by whichever code they came)")
        said += [_row(f"line {one.number}: {one.text}", one.count) for one in report.lines]
        said += _remarks("  its lines disagree, or are in doubt:", report.ambiguous)
        said += _remarks(
            f"  near it, and found by no line (the {COMMONEST} commonest):", report.near
        )
    return said


def _remarks(title: str, remarks: tuple[Remark, ...]) -> list[str]:
    return [title, *(_row(f"  {one.text}", one.count) for one in remarks)] if remarks else []


def _row(text: str, count: Count | None) -> str:
    short = text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
    if count is None:
        return f"  {short:{_WIDTH}}  a column of the admission, not counted"
    return f"  {short:{_WIDTH}}{_told(count.rows):>10} rows{_told(count.people):>9} people"


def _told(count: int | None) -> str:
    return "few" if count is None else f"{count:,}"
