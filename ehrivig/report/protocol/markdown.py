"""The protocol as Markdown, for a repository or a registry that takes text."""

from __future__ import annotations

from typing import Any

from ehrivig.report.protocol.section import Section
from ehrivig.report.table import Table
from ehrivig.study import Study


def text(study: Study, content: dict[str, Any], sections: list[Section], drawing: str) -> str:
    """The whole protocol; `drawing`: the file of its design diagram, beside it."""
    lines = [f"# {escaped(study.study.title)}", "", _hash(content), "", *_target(content)]
    for section in sections:
        heading = "#" * (section.depth + 1)
        lines += ["", f"{heading} {section.number} {escaped(section.title)}", ""]
        lines += [line for said in section.said for line in (escaped(said), "")]
        lines += [f"![Design of the study]({drawing})", ""] if section.drawn else []
        lines += [line for table in section.tables for line in (*_table(table), "")]
    return "\n".join(lines).rstrip("\n") + "\n"


def _hash(content: dict[str, Any]) -> str:
    return f"Protocol `{content['protocol_hash']}`, study `{content['study_hash']}`."


def _target(content: dict[str, Any]) -> list[str]:
    """The target trial beside its emulation."""
    rows = [
        [one["item"], one["part"], one["target_trial"], one["emulation"]]
        for one in content["items"]
    ]
    head = ["Item", "Part", "Target trial", "Emulation"]
    return _table(Table("The target trial and its emulation (TARGET 2025)", head, rows))


def _table(table: Table) -> list[str]:
    rows = [f"| {' | '.join(escaped(cell) for cell in row)} |" for row in (table.head, *table.rows)]
    rule = "|" + " --- |" * len(table.head)
    return [f"**{escaped(table.caption)}**", "", rows[0], rule, *rows[1:]]


def escaped(words: str) -> str:
    """Words that are no markup."""
    for mark in "\\`*_|<>[]#":
        words = words.replace(mark, f"\\{mark}")
    return " ".join(words.split())
