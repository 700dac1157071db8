"""The run's tables, read back and written for a reader."""

from __future__ import annotations

import polars as pl

from ehrivig.disclosure import shown
from ehrivig.errors import in_sentence
from ehrivig.figures import digits
from ehrivig.report import known, large_scale
from ehrivig.report.effect_tables import effect_tables
from ehrivig.report.table import RunTables, Table, minus, p_text, with_unit
from ehrivig.study import Study

FEW = 12
"""Of more hospitals those of which there is nothing to say have no line each."""


def readable(run: RunTables, study: Study) -> dict[str, Table]:
    """Every table of the report that the run has, by name."""
    label = study.exposure.label
    makers = {
        "table1": (_descriptive, f"Table 1. Baseline by exposure to {label}"),
        "table_unmatched": (_descriptive, "Who was not matched"),
        "follow_up": (_follow_up, f"Follow-up: {study.primary.label}"),
        "table2": (_descriptive, "Table 2. Outcomes and courses"),
        "table_s1": (_dosing, f"Table S1. {label} dosing by {in_sentence(study.primary.label)}"),
        "table_s2": (_terms, f"Table S2. Multivariable model of {study.primary.event_label}"),
        "table_s3": (_terms, f"Table S3. Multivariable model of receiving {label}"),
        "table_s4": (_descriptive, "Table S4. Other treatments during the stay"),
        "table_s5": (_repeat, "Table S5. Laboratory values, day 1 and day 3"),
        "large_scale_score": (large_scale.table, "Large-scale score"),
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
        made |= effect_tables(effects, study)
    return made


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
        cells = [with_unit(row["label"], row["unit"]), *(row[f"text_{a}"] or "" for a in _ARMS)]
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
            with_unit(r["label"], r["unit"]),
            *(r[f"text_{a}"] or "" for a in _ARMS),
            p_text(r["p"]),
        ]
        for r in table.iter_rows(named=True)
    ]
    note = "Describes, does not compare like with like: a later or longer dose needs survival."
    return Table(caption, head, rows, note)


def _terms(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """The terms of a model: odds ratios of an event, or differences of a number."""
    column = "odds_ratio" if "odds_ratio" in table.columns else "difference"
    rows = []
    for r in table.iter_rows(named=True):
        if r[column] is None:
            rows.append([r["note"] or "no estimate"])
            continue
        ends = (r[column], r["lo"], r["hi"])
        interval = minus(digits.interval(*ends, ratio=column == "odds_ratio"))
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
            else minus(digits.interval(r["shift"], r["shift_lo"], r["shift_hi"], ratio=False))
        )
        rows.append(
            [
                with_unit(r["label"], r["unit"]),
                r["arm"],
                f"{r['n_pairs']:,}",
                *map(minus, digits.alike(r["median_day1"], r["median_day3"])),
                shift,
                p_text(r["p_wilcoxon"]),
                p_text(r["ancova_p"]),
            ]
        )
    return Table(
        caption, head, rows, "Paired values only; day 3 is known of those still in hospital."
    )


def _quality(table: pl.DataFrame, caption: str, study: Study) -> Table:
    """Per hospital and severity: checks, and how many of them did not pass."""
    aside = pl.col("violated").cast(pl.Int64).filter(pl.col("severity") != "warn")
    grouped = (
        table.group_by("hospital_id", "severity")
        .agg(
            pl.len().alias("checks"),
            (pl.col("verdict") == "fail").sum().alias("failed"),
            (pl.col("verdict") == "warn").sum().alias("warned"),
            pl.when(~aside.is_null().any()).then(aside.sum()).alias("rows"),
        )
        .sort("hospital_id", "severity")
    )
    note = "Each check by itself: quality.csv. Rows are rounded down."
    if grouped["hospital_id"].n_unique() > FEW + 1:  # all hospitals together besides
        grouped = _others_together(grouped)
        note += " Hospitals in which no check of a severity fails are one line."
    smallest = study.report.smallest_cell
    rows = [
        [str(h), s, f"{c:,}", f"{f:,}", f"{w:,}", _count(n) if n is None else shown(n, smallest)]
        for h, s, c, f, w, n in grouped.iter_rows()
    ]
    head = ["Hospital", "Severity", "Checks", "Failed", "Warned", "Rows set aside"]
    return Table(caption, head, rows, note)


def _others_together(grouped: pl.DataFrame) -> pl.DataFrame:
    """Of many hospitals those in which a check fails, by severity, and the others as one."""
    failed = (pl.col("failed") > 0) | (pl.col("hospital_id").cast(pl.String) == "all")
    rows = pl.when(~pl.col("rows").is_null().any()).then(pl.col("rows").sum())
    others = (
        grouped.filter(~failed)
        .group_by("severity")
        .agg(
            hospital_id=pl.format("{} others", pl.len()),
            checks=pl.col("checks").sum(),
            failed=pl.col("failed").sum(),
            warned=pl.col("warned").sum(),
            rows=rows,
        )
        .sort("severity")
    )
    named = grouped.filter(failed).with_columns(pl.col("hospital_id").cast(pl.String))
    return pl.concat([named, others.select(named.columns)], how="vertical_relaxed")


def _count(value: int | None) -> str:
    """A count, or that it is not shown."""
    return "suppressed" if value is None else f"{value:,}"


def _ledger(table: pl.DataFrame, caption: str, study: Study) -> Table:
    names = ["rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined"]
    counts = [pl.col(name).cast(pl.Int64) for name in names]  # text where none is shown
    known = [pl.when(~count.is_null().any()).then(count.sum()) for count in counts]
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
