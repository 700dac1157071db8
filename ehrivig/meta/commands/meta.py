"""What the command line calls: read, synthesise, write one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ehrivig.meta.measures import (
    INTERVALS,
    METHODS,
    MODELS,
    TAU2_ESTIMATORS,
    Interval,
    Method,
    Model,
    Tau2,
)
from ehrivig.meta.output import check_folder, write_result
from ehrivig.meta.shipped import find_trials
from ehrivig.meta.synthesis import Synthesis, make_plan, synthesise
from ehrivig.meta.trials import read_trials
from ehrivig.stats.arrays import one_of

MARKER = "meta.csv"


@dataclass(frozen=True)
class MetaSummary:
    """What a synthesis found, for a terminal or as JSON (`as_dict`).

    `estimate`, `lo`, `hi` on the measure's own scale; `tau2` is None under the common effect.
    `subgroup_p` tests the difference between subgroups, None without. `files` are in `out`.
    """

    out: str
    measure: str
    method: str
    model: str
    estimate: float
    lo: float
    hi: float
    p: float
    i2: float | None
    tau2: float | None
    k: int
    k_excluded: int
    subgroup_p: float | None
    lints: int
    notes: tuple[str, ...]
    files: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The summary as plain values for JSON."""
        return asdict(self)


def run_meta(
    trials: Path | str,
    out: Path,
    *,
    measure: str | None = None,
    method: Method | None = None,
    model: Model = "common",
    tau2: Tau2 = "DL",
    ci: Interval = "normal",
    by: str | None = None,
    moderators: Sequence[str] = (),
    sides: tuple[str, str] | None = None,
) -> MetaSummary:
    """Pools a CSV of trials (or a shipped table by name) and writes tables, figures and report.

    Defaults: OR for counts, MD for means; Mantel-Haenszel for the common effect of counts, inverse
    variance otherwise. `by` names a column of subgroups, `moderators` columns for a
    meta-regression, `sides` the words left and right of no effect in the forest plot.

    Writes meta.csv, studies.csv, methods.csv, leave_one_out.csv, cumulative.csv, influence.csv,
    tests.csv, summary_of_findings.csv, lints.csv, forest.svg, funnel.svg, report.html and
    manifest.json, all at once or not at all; with judged trials also risk_of_bias.csv.
    Raises UsageError for every mistake in options or data.
    """
    # names first, so that a wrong option does not wait for the data
    for name, value, allowed in (
        ("method", method or "IV", METHODS),
        ("model", model, MODELS),
        ("tau2", tau2, TAU2_ESTIMATORS),
        ("ci", ci, INTERVALS),
    ):
        one_of(name, value, allowed)
    check_folder(out, MARKER)
    file = find_trials(trials)
    table = read_trials(file, measure)
    plan, notes = make_plan(table.data, table.measure, method=method, model=model, tau2=tau2, ci=ci)
    synthesis = synthesise(table, plan, by=by, moderators=moderators, notes=notes)
    files = synthesis_files(synthesis, sides)
    options: dict[str, object] = {
        "measure": measure,
        "method": method,
        "model": model,
        "tau2": tau2,
        "ci": ci,
    }
    options |= {"by": by, "moderators": list(moderators), "sides": sides}
    write_result(out, files, marker=MARKER, command="meta", inputs=[file], options=options)
    return _summary(synthesis, out, tuple(sorted(files)))


def synthesis_files(synthesis: Synthesis, sides: tuple[str, str] | None = None) -> dict[str, str]:
    """Every file of a synthesis: name and text. The same input gives the same bytes."""
    # matplotlib and jinja2 only load when something is drawn
    from ehrivig.meta.forest import forest
    from ehrivig.meta.funnel import funnel
    from ehrivig.meta.report import report_html
    from ehrivig.meta.tables import all_tables

    figures = {"forest.svg": forest(synthesis, sides), "funnel.svg": funnel(synthesis)}
    page = {"report.html": report_html(synthesis, figures)}
    return all_tables(synthesis) | figures | page


def _summary(synthesis: Synthesis, out: Path, files: tuple[str, ...]) -> MetaSummary:
    """The summary of a synthesis."""
    pooled, groups = synthesis.overall, synthesis.subgroups
    spread = pooled.dispersion
    return MetaSummary(
        out=str(out),
        measure=pooled.plan.measure,
        method=pooled.plan.method,
        model=pooled.plan.model,
        estimate=pooled.estimate,
        lo=pooled.lo,
        hi=pooled.hi,
        p=pooled.p,
        i2=spread.i2 if spread.q_df else None,
        tau2=pooled.tau2 if pooled.plan.model == "random" else None,
        k=pooled.k,
        k_excluded=pooled.k_excluded,
        subgroup_p=groups.between.q_p if groups and groups.between.q_df else None,
        lints=len(synthesis.lints),
        notes=synthesis.notes,
        files=files,
    )
