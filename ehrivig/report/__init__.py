"""The study report: one self-contained HTML file, made only from the tables of a run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.figures.page import inline, page
from ehrivig.report import (
    answer,
    baseline_table,
    effect_summary,
    figures,
    flow,
    head_counts,
    large_scale,
    methods,
    protocol,
    tables,
    use,
)
from ehrivig.report.table import RunTables
from ehrivig.study import Study
from ehrivig.study.immortal_time import immortal_time
from ehrivig.study.registries import sensitivity


def write(
    folder: Path,
    study: Study,
    *,
    dropped: list[str],
    people: Path | None = None,
    asked: Study | None = None,
) -> None:
    """Write `figures/*.svg`, `report.html`, and its protocol and checklists, from `folder`.

    `people`: where the cohort lies, of which heads are counted; `folder` unless given. `asked`: the
    study before the data decided what of it can be answered; `study` unless given.
    Needs manifest.json; any other table may be missing or empty (an empty cohort has few), and its
    section then says so.
    """
    (folder / "figures").mkdir(exist_ok=True)
    run = RunTables(folder, people or folder)
    drawn = _draw(run, study, dropped) | _design(folder, asked or study)
    html = page(
        "ehrivig.report",
        "report.html",
        study=study,
        manifest=_manifest(run),
        methods=methods.paragraphs(study, asked),
        figures={
            name: inline(path.read_text(encoding="utf-8"), name) for name, path in drawn.items()
        },
        tables=tables.readable(run, study) | use.readable(run, study),
        sensitivity=sensitivity.tables(),
        lints=run.read("lints.csv").to_dicts(),
        analysed=_analysed(run),
        numbers=head_counts.numbers(run, study, _manifest(run)),
        protocol=_protocol(folder),
        baseline=baseline_table.side_by_side(run, study),
        effects_by_role=effect_summary.summary(run.read("effects.csv"), study),
        files=_files(folder),
        answer=answer.answer(run, study),
        dropped=dropped,
    )
    (folder / "report.html").write_text(html, encoding="utf-8")
    protocol.write(folder, asked or study)


def _analysed(run: RunTables) -> bool:
    """Whether the run came to its analyses; one that ended before has looked for nothing there."""
    there = [(run.folder / name).is_file() for name in ("table1.csv", "effects.csv")]
    return not _manifest(run)["exit_code"] or any(there)


def _files(folder: Path) -> set[str]:
    """The tables and figures beside the page, which it may point to."""
    found = [*folder.glob("*.csv"), *folder.glob("figures/*.svg")]
    return {path.relative_to(folder).as_posix() for path in found}


def _design(folder: Path, study: Study) -> dict[str, Path]:
    """The design diagram, which follows from the study file alone."""
    path = folder / "figures" / "design.svg"
    path.write_text(protocol.design.diagram(study), encoding="utf-8")
    return {"design": path}


def _protocol(folder: Path) -> dict[str, Any] | None:
    """The protocol that was fixed before data were read; None in a folder of an older version."""
    path = folder / "protocol.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _draw(run: RunTables, study: Study, dropped: list[str]) -> dict[str, Path]:
    """Every figure whose table is there, by name."""
    folder, drawn = run.folder / "figures", {}
    immortal = "; contains immortal time" if immortal_time(study) else ""
    plans: list[Plan] = [
        ("love_plot", _grouped(run), figures.love_plot, {}),
        ("overlap", run.read("overlap.csv"), figures.overlap, {}),
        ("large_scale", run.read("large_scale_balance.csv").drop_nulls(), large_scale.balance, {}),
        (
            "large_scale_score",
            run.read("large_scale_preference.csv"),
            large_scale.score,
            {"calibration": run.read("large_scale_calibration.csv")},
        ),
        *_of_curves(run.read("curves.csv"), immortal),
        _of_strategies(run.read("curves.csv"), study),
        *_of_effects(run.read("effects.csv"), study, immortal),
        ("dosing", _shown(run.read("dosing_histogram.csv")), figures.dosing_histograms, {}),
    ]
    for name, table, draw, options in plans:
        if not table.is_empty():
            drawn[name] = folder / f"{name}.svg"
            draw(table, drawn[name], **options)
    attrition = run.read("attrition.csv")
    if not attrition.is_empty():
        drawn["flow"] = folder / "flow.svg"
        heads = head_counts.numbers(run, study, _manifest(run))
        flow.flow_chart(
            attrition,
            head_counts.arms(heads, study.exposure.label),
            head_counts.unmatched(run, heads),
            dropped,
            study.report.smallest_cell,
            drawn["flow"],
        )
    return drawn


def _shown(counts: pl.DataFrame) -> pl.DataFrame:
    """A histogram, unless nothing of it may be shown."""
    hidden = "n" in counts.columns and not counts["n"].count()
    return counts.clear() if hidden else counts


def _grouped(run: RunTables) -> pl.DataFrame:
    """The balance of each variable with the group that it has in Table 1."""
    balance, table = run.read("balance.csv"), run.read("table1.csv")
    if balance.is_empty() or not {"variable", "group"} <= set(table.columns):
        return balance
    groups = dict(table.select("variable", "group").iter_rows())
    name = pl.col("covariate").replace_strict(groups, default=None, return_dtype=pl.String)
    return balance.with_columns(name.fill_null("").alias("group"))


Plan = tuple[str, pl.DataFrame, Any, dict[str, Any]]
"""A figure: its name, its table, what draws it, and how."""
_CURVES = (
    ("survival", "km", "matched", None, "Survival", "Kaplan-Meier, matched pairs, 95% bands"),
    (
        *("incidence", "cif", "matched", "death in hospital", "Death in hospital"),
        "Aalen-Johansen, matched pairs, 95% bands; leaving alive competes",
    ),
    (
        *("clearance", "cif", "all", "event", "Cumulative incidence"),
        "Aalen-Johansen; death competes; entry at admission",
    ),
)
"""Name, kind, population and cause of each curve, its axis, and its note."""


def _of_curves(curves: pl.DataFrame, immortal: str) -> list[Plan]:
    """Survival, death in hospital and clearance over time."""
    plans: list[Plan] = []
    for name, kind, population, cause, label, note in _CURVES:
        since = "symptom onset" if name == "clearance" else "time zero"
        options = {
            "y_label": label,
            "x_label": f"days from {since}",
            "notes": f"{note}{immortal}",
        }
        table = _curve(curves, kind, population, cause)
        plans.append((name, table, figures.curves, options))
    return plans


def _of_strategies(curves: pl.DataFrame, study: Study) -> Plan:
    """The risks if everybody followed one strategy of the answer, and the other."""
    within = f"within {study.grace_hours:g} h"
    options = {
        "y_label": f"Risk of {study.primary.event_label}",
        "x_label": "days from time zero",
        "notes": "Clone, censor, weight; everybody in both; 95% limits of the bootstrap",
        "names": {
            "exposed": f"{study.exposure.label} {within}",
            "control": f"not {within}",
        },
        "whole": False,
    }
    table = _curve(curves, "ccw", "all", study.primary.name)
    if not table.is_empty():
        table = table.with_columns(at_risk=pl.lit(None, pl.Int64))
    return "strategies", table, figures.curves, options


def _of_effects(effects: pl.DataFrame, study: Study, immortal: str) -> list[Plan]:
    """The forests: Table 3, the subgroups, and the designs on the clock."""
    axis = {"label": _axis(study) + immortal}
    clock = {"label": "risk, odds or hazard ratio of the event (log scale)"}
    return [
        ("table3", _analysis(effects, "table3"), figures.forest, axis),
        ("subgroups", _analysis(effects, "subgroup"), figures.forest, axis),
        ("time_zero", _ratios(_analysis(effects, "time_zero")), figures.forest, clock),
    ]


def _curve(curves: pl.DataFrame, kind: str, population: str, cause: str | None) -> pl.DataFrame:
    if curves.is_empty():
        return curves
    wanted = {"curve": kind, "population": population} | ({"cause": cause} if cause else {})
    return curves.filter(*(pl.col(name) == value for name, value in wanted.items()))


def _analysis(effects: pl.DataFrame, name: str) -> pl.DataFrame:
    return effects if effects.is_empty() else effects.filter(pl.col("analysis") == name)


def _ratios(effects: pl.DataFrame) -> pl.DataFrame:
    """The ratios; those that are crude by their name."""
    if effects.is_empty():
        return effects
    how = pl.when("adjusted").then(pl.lit("")).otherwise(pl.lit(", crude"))
    ratios = effects.filter(pl.col("measure").is_in(["OR", "RR", "HR"]))
    return ratios.with_columns(pl.col("contrast") + how)


def _axis(study: Study) -> str:
    primary = study.primary
    if primary.unit:
        return f"difference of {primary.event_label} ({primary.unit})"
    return f"odds ratio of {primary.event_label} (log scale)"


def _manifest(run: RunTables) -> dict[str, Any]:
    """The manifest of the folder whose tables are told."""
    found: dict[str, Any] = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    return found
