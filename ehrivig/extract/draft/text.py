"""A draft of a layout as files: SELECTs with their evidence, settings, and what to do next."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ehrivig import resources
from ehrivig.extract.draft import selects as draft_selects
from ehrivig.extract.draft.profile import ROWS, SMALLEST, TableProfile
from ehrivig.extract.layouts import Layout

if TYPE_CHECKING:
    from ehrivig.extract.draft.selects import Select
    from ehrivig.extract.draft.write import Draft

_WIDTH = 96


def of_select(select: Select) -> str:
    """A SELECT with a comment before each column: what speaks for it, or what keeps it off."""
    place = select.source
    head = f"{select.table.name}: one row per {select.table.grain.removeprefix('one ')}. A draft."
    lines = _comment(head)
    lines += _comment(f"From {place.name} ({_rows(place.rows)}), {select.said}.")
    signs = draft_selects.wide_vitals(select.table, place) if select.table.name == "vital" else {}
    parts = [
        draft_selects.sign_column(place, sign, name, select) for sign, name in signs.items()
    ] or [select]
    return "\n".join([*lines, "\nUNION ALL\n".join(map(_statement, parts)), ""])


def _statement(select: Select) -> str:
    lines = ["SELECT DISTINCT" if select.distinct else "SELECT"]
    for number, one in enumerate(select.columns):
        if one.doubt:
            lines += _comment(f"DOUBT {one.name}: {one.doubt}", "    ")
        elif one.said:
            lines += _comment(f"{one.name}: {one.said}", "    ")
        comma = "," if number + 1 < len(select.columns) else ""
        lines.append(f"    {one.expression} AS {one.name}{comma}")
    lines.append(f'FROM source."{select.source.name}" AS t')
    lines += [select.join] if select.join else []
    lines += [f"WHERE {select.where}"] if select.where else []
    return "\n".join(lines)


def _comment(text: str, indent: str = "") -> list[str]:
    return [f"{indent}-- {line}" for line in textwrap.wrap(text, _WIDTH - len(indent))]


def template(table: str) -> str:
    """The template of a table that must be there and of which nothing is known."""
    path = resources.sql_folder() / "layout" / "template" / f"{table}.sql"
    head = f"-- DOUBT {table}: no table of the dump is named as one of these. Fill this template."
    return f"{head}\n{path.read_text(encoding='utf-8')}"


def _rows(count: int) -> str:
    return f"fewer than {SMALLEST} rows" if 0 < count < SMALLEST else f"{count:,} rows"


def clock(setting: str | None, why: str) -> str:
    """The settings of a layout: the clock where it is sure, a comment where not."""
    lines = [f"# {line}" for line in textwrap.wrap(why, _WIDTH)]
    return "\n".join([*lines, *([f'dates = "{setting}"'] if setting else []), ""])


def evidence(layout: Layout, table: str, dump: dict[str, TableProfile]) -> str:
    """What of the source tables of a shipped SELECT a dump has, as comments before it."""
    lines = [f"-- A copy of the shipped layout {layout.name}."]
    for name in sorted(layout.reads(table)):
        found, asked = dump.get(name), layout.declared.get(name, ())
        if found is None:
            lines += _comment(f"{name}: not in the dump")
            continue
        there = [c for c in asked if found.column(c.name) is not None]
        lines += _comment(
            f"{name}: {_rows(found.rows)}, {len(there)} of the {len(asked)} columns that are read"
        )
    return "\n".join([*lines, ""])


def summary(draft: Draft) -> str:
    """What a draft holds, for the terminal."""
    lines = [f"layout {draft.folder}: a draft"]
    if draft.known:
        lines.append(f"the dump looks like {draft.known[0]} ({draft.known[1]:.0%} of the columns)")
    if draft.ready:
        lines.append(
            f"the shipped layout reads it as it is: --layout {draft.ready}; the draft is a copy"
        )
    lines.append("")
    for table, (filled, every) in draft.filled.items():
        lines.append(f"{table:<20} {filled}/{every} columns")
    if draft.doubts:
        lines += ["", f"{len(draft.doubts)} doubts, which keep a column off until you decide:"]
        lines += [f"  {doubt}" for doubt in draft.doubts]
    if draft.unread:
        lines += ["", *textwrap.wrap(f"tables that nothing reads: {', '.join(draft.unread)}", 100)]
    return "\n".join(lines)


def readme(draft: Draft) -> str:
    """What was found and what to do next, as a file of the draft."""
    return "\n".join(
        [
            f"# Layout {draft.folder}",
            "",
            "A draft: each SELECT is filled as far as names and values of the dump tell, on the",
            f"first {ROWS:,} rows of each table. Read the comments, decide the doubts, then",
            "",
            "    ehrivig layout check THIS_FOLDER --extract DUMP",
            "",
            "```",
            summary(draft),
            "```",
            "",
        ]
    )
