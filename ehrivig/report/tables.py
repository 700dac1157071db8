"""The run's tables, read back and written for a reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.disclosure import shown
from ehrivig.report import known, notes
from ehrivig.study import Study
from ehrivig.study.registries import sensitivity


@dataclass(frozen=True)
class RunTables:
    """Tables of one run folder; `people`: where its rows of admissions lie."""

    folder: Path
    people: Path = Path()

    def read(self, name: str) -> pl.DataFrame:
        """A CSV of the run; an empty frame when the run did not write it."""
        path = self.folder / name
        if not path.is_file() or path.stat().st_size < 2:
            return pl.DataFrame()
        return pl.read_csv(path, infer_schema_length=None)


@dataclass(frozen=True)
class Table:
    """A table for a reader: a caption, a head, rows of text; a row with one cell is a heading."""

    caption: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""
    wide: bool = field(default=False)


def p_text(p: float | None) -> str:
    """A p-value: three decimals, or <0.001; empty when there is none."""
    if p is None:
        return ""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def readable(run: RunTables, study: Study) -> dict[str, Table]:
    """Every table of the report that the run has, by name."""
    label = study.exposure.label
    makers = {
        "table1": (_descriptive, f"Table 1. Baseline by exposure to {label}"),
        "table_unmatched": (_descriptive, "Who was not matched"),
        "follow_up": (_follow_up, f"Follow-up: {study.primary.label}"),
        "table2": (_descriptive, "Table 2. Outcomes and courses"),
        "table_s1": (_dosing, f"Table S1. {label} dosing by {study.primary.label.lower()}"),
        "table_s2": (_terms, f"Table S2. Multivariable model of {study.primary.event_label}"),
        "table_s3": (_terms, f"Table S3. Multivariable model of receiving {label}"),
        "table_s4": (_descriptive, "Table S4. Other treatments during the stay"),
        "table_s5": (_repeat, "Table S5. Laboratory values, day 1 and day 3"),
        "diagnostics": (_diagnostics, "Diagnostics of the answer"),
        "quality": (_quality, "Data quality: verdicts per hospital"),
        "ledger": (_ledger, "Ledger: every row that was read"),
    }
    files = {"quality": "quality.csv"}
    everybody = run.read("follow_up.csv")
    people = {"table1": everybody, "table2": everybody, "table_s4": everybody}
    made = {}
    for name, (make, caption) in makers.items():
        source = run.read(files.get(name, f"{name}.csv"))
        if make is _descriptive:
            source = known.with_known(
                source, people.get(name, pl.DataFrame()), study.report.smallest_cell
            )
        if not source.is_empty():
            made[name] = make(source, caption, study)
    effects = run.read("effects.csv")
    if not effects.is_empty():
        made |= _effect_tables(effects, study)
    return made


def _effect_tables(effects: pl.DataFrame, study: Study) -> dict[str, Table]:
    """The rest of effects.csv, one table per kind of analysis."""
    captions = {
        "table3": f"Table 3. {study.primary.label} after matching, crude {_effects_of(study)}",
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


def _effects_of(study: Study) -> str:
    """What the effects on the primary outcome are."""
    return "mean differences" if study.primary.unit else "odds ratios"


def _descriptive(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """Tables 1, 2 and S4; SMD only where it is about baseline."""
    baseline = caption.startswith("Table 1")
    label = study.exposure.label
    head = ["", "All", f"No {label}", label, "p"] + (["SMD"] if baseline else [])
    rows: list[list[str]] = []
    group = ""
    for row in table.iter_rows(named=True):
        if (row["group"] or "") != group:
            group = row["group"] or ""
            if group:
                rows.append([group])
        unit = f", {row['unit']}" if row["unit"] else ""
        cells = [f"{row['label']}{unit}", *(row[f"text_{a}"] or "" for a in _ARMS)]
        cells.append(p_text(row["p"]))
        if baseline:
            cells.append("" if row["smd"] is None else f"{row['smd']:.2f}")
        rows.append(cells)
    note = "Median [Q1, Q3] or events/known (%). Of a number not known of everybody, of how many."
    return Table(caption, head, rows, note)


_ARMS = ("all", "control", "exposed")


def _follow_up(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """How long each arm was followed, and of how many nobody knows what was asked."""
    smallest = "suppressed"
    names = {"exposed": study.exposure.label, "control": f"No {study.exposure.label}"}
    rows = []
    for r in table.iter_rows(named=True):
        counts = [
            smallest if r[n] is None else f"{r[n]:,}" for n in ("n", "unknown", "transferred")
        ]
        share = "not shown" if r["share_unknown"] is None else f"{r['share_unknown']:.1%}"
        days = r.get("median_days")
        length = "" if days is None else f"{days:g} [{r['q1_days']:g}, {r['q3_days']:g}]"
        rows.append([names[r["arm"]], counts[0], length, counts[1], share, counts[2]])
    first = table.row(0, named=True)
    basis = {
        "linked": "Deaths after discharge count as known",
        "in_hospital": "Deaths after discharge are unknown, and the answer is of the stay",
        "unknown": "Deaths after discharge are unknown, and who stays is weighted for who left",
    }
    said = [basis.get(first["after_discharge"] or "", ""), first["evidence"] or ""]
    note = ": ".join(filter(None, said))
    lost = f"{first['outcome']} unknown"
    head = ["Arm", "People", "Days followed, median [quartiles]", lost, "Share", "Transferred"]
    return Table(caption, head, rows, f"{note}." if note else "")


def _diagnostics(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """Every diagnostic with its threshold and verdict."""
    rows = [
        [
            r["diagnostic"].replace("_", " "),
            "" if r["value"] is None else f"{r['value']:.3g}",
            "" if r["threshold"] is None else f"{r['threshold']:.3g}",
            r["verdict"] + (" (decides)" if r["decides"] and r["verdict"] == "fail" else ""),
            r["meaning"],
            r.get("source") or "",
            r.get("follows") or "",
        ]
        for r in table.iter_rows(named=True)
    ]
    head = ["Diagnostic", "Value", "Threshold", "Verdict", "What it is", "Source", "If it fails"]
    return Table(caption, head, rows, wide=True)


def _dosing(table: pl.DataFrame, caption: str, study: Study) -> Table:
    head = ["", f"All given {study.exposure.label}", "Without the event", "With the event", "p"]
    rows = [
        [
            f"{r['label']}{', ' + r['unit'] if r['unit'] else ''}",
            *(r[f"text_{a}"] or "" for a in _ARMS),
            p_text(r["p"]),
        ]
        for r in table.iter_rows(named=True)
    ]
    note = "Describes, does not compare like with like: a later or longer dose needs survival."
    return Table(caption, head, rows, note)


def _effects(table: pl.DataFrame, caption: str, study: Study) -> Table:
    head = [
        "Contrast",
        "In",
        "Event",
        "Model",
        "Measure",
        "Estimate (95% CI)",
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
    estimate = "" if row["estimate"] is None else f"{row['estimate']:.3g}"
    if row["lo"] is not None and row["hi"] is not None:
        estimate += f" ({row['lo']:.3g} to {row['hi']:.3g})"
    return [
        row["contrast"] or "",
        row["population"] or "",
        row["event_label"] or "",
        row["model"] or "",
        row["measure"] or "",
        estimate or "not shown",
        _risk(row, "exposed"),
        _risk(row, "control"),
        p_text(row["p"]),
        p_text(corrected),
        _fraction(row["events_exposed"], row["n_exposed"]),
        _fraction(row["events_control"], row["n_control"]),
        row["note"] or "",
    ]


def _risk(row: dict[str, Any], arm: str) -> str:
    """The risk of an arm in percent, with its interval where it has one."""
    risk, lo, hi = (row.get(f"risk_{arm}{end}") for end in ("", "_lo", "_hi"))
    if risk is None:
        return ""
    return f"{risk:.1%}" + ("" if lo is None or hi is None else f" ({lo:.1%} to {hi:.1%})")


def _fraction(events: int | None, n: int | None) -> str:
    if n is None:
        return ""
    return f"{'...' if events is None else f'{events:,}'} / {n:,}"


def _terms(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """The terms of a model: odds ratios of an event, or differences of a number."""
    column = "odds_ratio" if "odds_ratio" in table.columns else "difference"
    rows = []
    for r in table.iter_rows(named=True):
        if r[column] is None:
            rows.append([r["note"] or "no estimate"])
            continue
        interval = f"{r[column]:.3g} ({r['lo']:.3g} to {r['hi']:.3g})"
        rows.append([r["label"], interval, p_text(r["p"])])
    first = table.row(0, named=True)
    note = "" if first["n"] is None else f"n {first['n']:,}"
    note += "." if first["events"] is None and note else ""
    if first["events"] is not None:
        note += f", events {first['events']:,}."
    words = column.replace("_", " ").capitalize()
    return Table(caption, ["Term", f"{words} (95% CI)", "p"], rows, note)


def _repeat(table: pl.DataFrame, caption: str, study: Study) -> Table:
    head = ["", "Arm", "Pairs", "Day 1", "Day 3", "Shift (95% CI)", "Wilcoxon p", "Between arms p"]
    rows = []
    for r in table.iter_rows(named=True):
        if r["n_pairs"] is None:
            rows.append([r["label"], r["arm"], r["note"] or "", "", "", "", "", ""])
            continue
        shift = (
            ""
            if r["shift"] is None
            else f"{_zero(r['shift']):.3g} ({r['shift_lo']:.3g} to {r['shift_hi']:.3g})"
        )
        rows.append(
            [
                f"{r['label']}, {r['unit']}",
                r["arm"],
                f"{r['n_pairs']:,}",
                *("" if r[n] is None else f"{r[n]:.3g}" for n in ("median_day1", "median_day3")),
                shift,
                p_text(r["p_wilcoxon"]),
                p_text(r["ancova_p"]),
            ]
        )
    return Table(
        caption, head, rows, "Paired values only; day 3 is known of those still in hospital."
    )


def _zero(value: float) -> float:
    """A number without the dust that binary fractions leave."""
    return 0.0 if abs(value) < 1e-9 else value


def _quality(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """Per hospital and severity: checks, and how many of them did not pass."""
    grouped = (
        table.group_by("hospital_id", "severity")
        .agg(
            pl.len().alias("checks"),
            (pl.col("verdict") == "fail").sum().alias("failed"),
            (pl.col("verdict") == "warn").sum().alias("warned"),
            pl.col("violated").filter(pl.col("severity") != "warn").sum().alias("rows"),
        )
        .sort("hospital_id", "severity")
    )
    smallest = study.report.smallest_cell
    rows = [
        [str(h), s, str(c), str(f), str(w), shown(int(n), smallest)]
        for h, s, c, f, w, n in grouped.iter_rows()
    ]
    head = ["Hospital", "Severity", "Checks", "Failed", "Warned", "Rows set aside"]
    return Table(caption, head, rows, "Each check by itself: quality.csv. Rows are rounded down.")


def _count(value: int | None) -> str:
    """A count, or that it is not shown."""
    return "suppressed" if value is None else f"{value:,}"


def _ledger(table: pl.DataFrame, caption: str, study: Study) -> Table:
    names = ["rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined"]
    known = [pl.when(~pl.col(n).is_null().any()).then(pl.col(n).sum()).alias(n) for n in names]
    total = table.group_by("table", maintain_order=True).agg(known)
    rows = [
        [row["table"], *(_count(row[name]) for name in names)]
        for row in total.iter_rows(named=True)
    ]
    head = ["Table", "Read", "Used", "Out of scope", "Quarantined"]
    note = "Rows of data, not patients. Read = used + out of scope + quarantined, exactly."
    if "rounded_down_to" in table.columns:
        note = "Rows of data, not patients, rounded down in each hospital."
    return Table(caption, head, rows, note)
