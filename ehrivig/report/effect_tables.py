"""effects.csv for a reader: one table per kind of analysis."""

from __future__ import annotations

from typing import Any

import polars as pl

from ehrivig.report import notes
from ehrivig.report.answer import NEEDED, needed
from ehrivig.report.table import Table, estimate_text, p_text
from ehrivig.stats.no_estimate import word
from ehrivig.stats.result import OF_NUMBERS
from ehrivig.study import Study
from ehrivig.study.registries import sensitivity

_READ_AS_EFFECTS = ("primary", "safe")


def effect_tables(effects: pl.DataFrame, study: Study) -> dict[str, Table]:
    """The rest of effects.csv, one table per kind of analysis."""
    captions = {
        "table3": f"Table 3. {study.primary.label} after matching, crude {_kind_of(study)}",
        "main": "Effects on the primary outcome",
        "follow_up": "What the effect can be at most, whatever became of those who left alive",
        "outcomes": "Effects on the other outcomes, matched, crude",
        "interaction": "Tests between the sides of each subgroup",
        **{table.name: table.caption for table in sensitivity.tables()},
    }
    made = {}
    for name, caption in captions.items():
        part = effects.filter(pl.col("analysis") == name)
        if not part.is_empty():
            made[name if name == "table3" else f"effects_{name}"] = _effects(part, caption, study)
    return made


def _kind_of(study: Study) -> str:
    """What the effects on the primary outcome are."""
    return "mean differences" if study.primary.unit else "odds ratios"


def _effects(table: pl.DataFrame, caption: str, study: Study) -> Table:
    head = [
        "Contrast",
        "In",
        "Event",
        "Model",
        "Measure",
        "Estimate (95% CI)",
        "Number needed to treat",
        "Risk exposed",
        "Risk unexposed",
        "p",
        "adj. p",
        "Events / n exposed",
        "Events / n unexposed",
        "Note",
    ]
    rows = [_effect_cells(row, study) for row in table.iter_rows(named=True)]
    cells, below = notes.said_once([row[-1] for row in rows])
    rows = [[*row[:-1], cell] for row, cell in zip(rows, cells, strict=True)]
    if set(table["measure"]) <= set(OF_NUMBERS):
        head = [name.replace("Events / n", "n") for name in head]
    head, rows, same = _said_once(head, rows)
    return Table(caption, head, rows, " ".join(filter(None, (same, below))), wide=True)


def _said_once(head: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]], str]:
    """A table without the columns that say nothing or the same in every row, and that sameness."""
    found = {i: {row[i] for row in rows} - {""} for i in range(len(head))}
    constant = [i for i, name in enumerate(head) if name in _ONCE and len(found[i]) == 1]
    if len(rows) < 2:
        constant = []
    kept = [i for i in range(len(head)) if found[i] and i not in constant]
    same = ", ".join(found[i].copy().pop() for i in constant)
    text = f"Every row: {same}." if same else ""
    return [head[i] for i in kept], [[row[i] for i in kept] for row in rows], text


_ONCE = ("In", "Event", "Model", "Measure")


def _effect_cells(row: dict[str, Any], study: Study) -> list[str]:
    corrected = row["p_holm"] if study.analysis.multiplicity == "holm" else row["p_bh"]
    return [
        row["contrast"] or "",
        row["population"] or "",
        row["event_label"] or "",
        row["model"] or "",
        row["measure"] or "",
        estimate_text(row) or word(row["note"]),
        _needed(row),
        _risk(row, "exposed"),
        _risk(row, "control"),
        p_text(row["p"]),
        p_text(corrected),
        _fraction(row, "exposed"),
        _fraction(row, "control"),
        row["note"] or "",
    ]


def _needed(row: dict[str, Any]) -> str:
    """How many to treat for one benefit or harm, of a difference that may be read as an effect."""
    if row["measure"] != "RD" or row.get("role") not in _READ_AS_EFFECTS or not row["estimate"]:
        return ""
    return needed(row["estimate"], row["lo"], row["hi"]).removeprefix(NEEDED)


def _risk(row: dict[str, Any], arm: str) -> str:
    """The risk of an arm in percent, with its interval where it has one."""
    risk, lo, hi = (row.get(f"risk_{arm}{end}") for end in ("", "_lo", "_hi"))
    if risk is None:
        return ""
    return f"{risk:.1%}" + ("" if lo is None or hi is None else f" ({lo:.1%} to {hi:.1%})")


def _fraction(row: dict[str, Any], arm: str) -> str:
    """Events and people of an arm; of a number the people alone."""
    events, n = row[f"events_{arm}"], row[f"n_{arm}"]
    if n is None:
        return ""
    if row["measure"] in OF_NUMBERS:
        return f"{n:,}"
    return f"{'...' if events is None else f'{events:,}'} / {n:,}"
