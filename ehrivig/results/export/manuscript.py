"""The tables of a manuscript as a Word file: the answer, Table 1, flow, effects, protocol."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import plain
from ehrivig.results.export.described import effects, missing_extra
from ehrivig.results.run import Run
from ehrivig.stats.result import DIFFERENCES

_ORDER = ("primary", "safe", "sensitivity", "crude", "reproduction")
_MAIN = ("primary", "safe")
_HIDDEN = "An empty count is not shown, for it tells of few people, or is not known."
_SMALLEST_P = 0.001


def to_docx(run: Run, path: Path) -> None:
    """A document of released numbers only. Raises UsageError without the extra `docx`."""
    try:
        from docx import Document
    except ImportError:
        raise missing_extra("export", "a Word file", "docx") from None
    document = Document()
    document.core_properties.author = ""
    document.core_properties.title = plain(run.study)
    document.add_heading(plain(_title(run)), level=1)
    for line in (*run.banner, *_answer(run)):
        document.add_paragraph(plain(line))
    for number, (caption, head, rows, note) in enumerate(_tables(run), start=1):
        document.add_heading(plain(f"Table {number}. {caption}"), level=2)
        _write(document, head, rows)
        document.add_paragraph(plain(note))
    content = io.BytesIO()
    document.save(content)
    path.write_bytes(content.getvalue())


def _title(run: Run) -> str:
    return str(_protocol(run).get("title") or run.study)


def _answer(run: Run) -> list[str]:
    told = run.summary().filter(~pl.col("quantity").is_in(["ended", "read with it"]))
    return [f"{name}: {value}" for name, value in told.iter_rows()]


Table = tuple[str, list[str], list[list[str]], str]


def _tables(run: Run) -> list[Table]:
    """Caption, head, rows and note of each table that the run has."""
    found = [_baseline(run), _flow(run), *_effects(run), _declared(run)]
    return [one for one in found if one is not None and one[2]]


def _baseline(run: Run) -> Table | None:
    """Table 1 with the differences before and after matching."""
    if "table1" not in run.tables or "text_exposed" not in (table := run.table1).columns:
        return None
    after: dict[str, Any] = {}
    if "balance" in run.tables:
        balance = run.balance.filter(pl.col("level").fill_null("") == "")
        after = dict(balance.select("covariate", "smd_matched").iter_rows())
    rows, group = [], None
    for row in table.to_dicts():
        if row["group"] and row["group"] != group:
            rows.append([row["group"], "", "", "", "", ""])
        group = row["group"]
        unit = f", {row['unit']}" if row["unit"] else ""
        cells = [row[f"text_{arm}"] or "" for arm in ("all", "exposed", "control")]
        smd = [_fixed(row["smd"], 2), _fixed(after.get(row["variable"]), 2)]
        rows.append([f"{row['label']}{unit}", *cells, *smd])
    head = ["", "All", "Exposed", "Not exposed", "SMD", "SMD, matched"]
    words = "n/known (%), or median [quartiles]. SMD: standardised mean difference, exposed less"
    return "Baseline characteristics", head, rows, f"{words} not exposed. {_HIDDEN}"


def _flow(run: Run) -> Table | None:
    if "attrition" not in run.tables:
        return None
    steps = run.attrition.filter(pl.col("hospital_id") == "all").sort("step")
    rows = [
        [row["label"], *(_count(row[n]) for n in ("patients", "admissions", "excluded"))]
        for row in steps.to_dicts()
    ]
    head = ["Criterion", "Patients", "Admissions", "Excluded admissions"]
    return "Patients and admissions after each criterion, all hospitals", head, rows, _HIDDEN


def _effects(run: Run) -> list[Table]:
    """The declared answer with the safe analyses, the answer first; then all others."""
    if "effects" not in run.tables:
        return []
    place = {role: number for number, role in enumerate(_ORDER)}
    rank = pl.col("role").replace_strict(place, default=len(place), return_dtype=pl.Int64)
    ordered = effects(run).sort(rank, maintain_order=True)
    main = ordered.filter(pl.col("role").is_in(_MAIN).fill_null(False))
    others = ordered.filter(~pl.col("role").is_in(_MAIN).fill_null(False))
    head = [
        "Role",
        "Contrast",
        "Outcome",
        "Model",
        "Exposed",
        "Not exposed",
        "Effect (95% CI)",
        "p",
    ]
    note = (
        f"Exposed and not exposed: events/people. {', '.join(DIFFERENCES)} are differences "
        f"(RD: 1 = 100 points), all others ratios. {_HIDDEN}"
    )
    return [
        (
            "The declared answer, and the other analyses free of immortal time",
            head,
            _rows(main),
            note,
        ),
        ("All other estimates", head, _rows(others), note),
    ]


def _rows(estimates: pl.DataFrame) -> list[list[str]]:
    return [
        [
            row["role"] or "",
            "; ".join(str(row[n]) for n in ("contrast", "population") if row[n]),
            row["event_label"] or row["outcome"] or "",
            row["model"] or row["note"] or "",
            *(_events(row, arm) for arm in ("exposed", "control")),
            _estimate(row),
            _p(row["p"]),
        ]
        for row in estimates.to_dicts()
    ]


def _events(row: dict[str, Any], arm: str) -> str:
    numbers = [row[f"{name}_{arm}"] for name in ("events", "n")]
    if numbers == [None, None]:
        return ""
    return "/".join("-" if one is None else f"{one:,}" for one in numbers)


def _estimate(row: dict[str, Any]) -> str:
    if row["estimate"] is None:
        return "no estimate"
    digits = 3 if row["measure"] == "RD" else 2
    limits = (
        ""
        if row["lo"] is None
        else f" ({_fixed(row['lo'], digits)} to {_fixed(row['hi'], digits)})"
    )
    return f"{row['measure']} {_fixed(row['estimate'], digits)}{limits}"


def _declared(run: Run) -> Table | None:
    """The target trial and its emulation, as the protocol says."""
    protocol = _protocol(run)
    rows = [
        [str(one.get(n) or "") for n in ("part", "target_trial", "emulation")]
        for one in protocol.get("items") or []
    ]
    note = f"Protocol {protocol.get('protocol_hash', '')}: hashed before data were read."
    return (
        "The target trial, and how it is emulated",
        ["Part", "Target trial", "Emulation"],
        rows,
        note,
    )


def _protocol(run: Run) -> dict[str, Any]:
    path = next(
        (p for p in (run.folder / "release", run.folder) if (p / "protocol.json").is_file()), None
    )
    if path is None:
        return {}
    content = json.loads((path / "protocol.json").read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def _write(document: Any, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose head is repeated on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    table = document.add_table(rows=0, cols=len(head))
    table.style = "Light List Accent 1" if "Light List Accent 1" in document.styles else None
    for number, row in enumerate((head, *rows)):
        line = table.add_row()
        for cell, text in zip(line.cells, row, strict=True):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(plain(str(text)))
            run.font.size, run.bold = Pt(8), number == 0
        if number == 0:
            mark = OxmlElement("w:tblHeader")
            mark.set(qn("w:val"), "true")
            line._tr.get_or_add_trPr().append(mark)


def _fixed(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "<0.001" if value < _SMALLEST_P else f"{value:.3f}"
