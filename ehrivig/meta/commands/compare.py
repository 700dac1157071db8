"""Our estimates under the published ones: one forest plot, and the difference in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ehrivig.errors import UsageError
from ehrivig.figures.page import inline
from ehrivig.meta import words
from ehrivig.meta.comparison import (
    Comparison,
    OurEffect,
    against,
    answer_lints,
    choose,
    effects_file,
    orientation_lints,
    read_effects,
    with_answer,
)
from ehrivig.meta.forest import compare_forest
from ehrivig.meta.lint import Lint
from ehrivig.meta.measures import Interval, Method, Model, Tau2
from ehrivig.meta.output import check_folder, write_result
from ehrivig.meta.pooled import Pooled
from ehrivig.meta.report import render
from ehrivig.meta.shipped import find_trials
from ehrivig.meta.synthesis import Synthesis, make_plan, synthesise
from ehrivig.meta.tables import LINT_COLUMNS, csv_text, lint_rows
from ehrivig.meta.trials import read_trials
from ehrivig.store.sealed import is_simulated

MARKER = "compare.csv"
_SIMULATED = "The extract of this run was simulated; the published trials are of patients."
COMPARE_COLUMNS = (
    "analysis", "contrast", "outcome", "event_label", "model", "measure", "estimate", "lo", "hi",
    "published", "published_lo", "published_hi", "published_k", "published_method",
    "difference", "difference_lo", "difference_hi", "p", "inside_prediction_interval",
    "role", "note",
)  # fmt: skip


@dataclass(frozen=True)
class CompareSummary:
    """What `compare` wrote: our rows against the published pool, findings, and files in `out`."""

    out: str
    measure: str
    published: tuple[float, float, float]
    compared: tuple[dict[str, object], ...]
    lints: int
    files: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The summary as plain values for JSON."""
        return asdict(self)


def compare(
    run_effects: Path,
    trials: Path | str,
    out: Path,
    *,
    measure: str | None = None,
    analysis: str | None = None,
    contrast: str | None = None,
    outcome: str | None = None,
    effect_model: str | None = None,
    method: Method | None = None,
    model: Model = "random",
    tau2: Tau2 = "REML",
    ci: Interval = "normal",
    by: str | None = None,
    sides: tuple[str, str] | None = None,
) -> CompareSummary:
    """Draws estimates of a run under the published trials and tests their difference.

    `run_effects` is a run folder or its effects.csv; `trials` a CSV or the name of a shipped table.
    `analysis`, `contrast`, `outcome`, `effect_model`, `measure` choose rows of effects.csv; what is
    not named keeps the outcome and contrast of the first fitting row. The rest is as in `run_meta`.

    Writes compare.csv, lints.csv, forest.svg, report.html and manifest.json, all at once or not at
    all. Raises UsageError for every mistake in options, run or trials.
    """
    check_folder(out, MARKER)
    found = read_effects(run_effects)
    file = find_trials(trials)
    table = read_trials(file, measure or _shared_measure(file, found))
    wanted = {"analysis": analysis, "contrast": contrast, "outcome": outcome, "model": effect_model}
    ours = with_answer(choose(found, wanted | {"measure": table.measure}), found, table.measure)
    plan, notes = make_plan(table.data, table.measure, method=method, model=model, tau2=tau2, ci=ci)
    synthesis = synthesise(table, plan, by=by, notes=notes)
    made = [against(effect, synthesis.overall) for effect in ours]
    lints = (
        *answer_lints(ours, run_effects),
        *orientation_lints(ours, table),
        *synthesis.lints,
    )
    simulated = _SIMULATED if is_simulated(run_effects) else ""
    files = _files(synthesis, made, lints, sides, simulated)
    pooling = {"measure": measure, "method": method, "pool_model": model, "tau2": tau2, "ci": ci}
    write_result(
        out,
        files,
        marker=MARKER,
        command="compare",
        inputs=[effects_file(run_effects), file],
        options={**wanted, **pooling, "by": by, "sides": sides},
    )
    return CompareSummary(
        out=str(out),
        measure=table.measure,
        published=(synthesis.overall.estimate, synthesis.overall.lo, synthesis.overall.hi),
        compared=tuple(_row(one, synthesis.overall) for one in made),
        lints=len(lints),
        files=tuple(sorted(files)),
    )


def _shared_measure(file: Path, effects: Sequence[OurEffect]) -> str | None:
    """The first measure of ours that the trials can give; None leaves it to the trials."""
    for measure in dict.fromkeys(effect.measure for effect in effects):
        try:
            read_trials(file, measure)
        except UsageError:
            continue
        return measure
    return None


def _files(
    synthesis: Synthesis,
    made: Sequence[Comparison],
    lints: Sequence[Lint],
    sides: tuple[str, str] | None,
    simulated: str,
) -> dict[str, str]:
    """The tables, the picture and the page: name and text."""
    figure = compare_forest(synthesis, made, sides)
    rows = [_row(one, synthesis.overall) for one in made]
    return {
        MARKER: csv_text(rows, COMPARE_COLUMNS),
        "lints.csv": csv_text(lint_rows(lints), LINT_COLUMNS),
        "forest.svg": figure,
        "report.html": _page(synthesis, made, lints, figure, simulated),
    }


def _row(one: Comparison, pooled: Pooled) -> dict[str, object]:
    """A row of compare.csv."""
    return asdict(one.ours) | {
        "published": pooled.estimate,
        "published_lo": pooled.lo,
        "published_hi": pooled.hi,
        "published_k": pooled.k,
        "published_method": words.method_words(pooled.plan),
        "difference": one.difference,
        "difference_lo": one.lo,
        "difference_hi": one.hi,
        "p": one.p,
        "inside_prediction_interval": one.inside,
    }


def _page(
    synthesis: Synthesis,
    made: Sequence[Comparison],
    lints: Sequence[Lint],
    figure: str,
    simulated: str,
) -> str:
    """The page: the picture, our estimates against the pool, what must be read with care."""
    pooled = synthesis.overall
    return render(
        "compare.html",
        title="This study under the published trials",
        simulated=simulated,
        immortal=any(words.immortal(one.ours.note) for one in made),
        published=(
            f"Published: {pooled.measure.label} "
            f"{words.interval(pooled.estimate, pooled.lo, pooled.hi)} over {pooled.k} trials "
            f"({words.method_words(pooled.plan)}; {synthesis.trials.source})."
        ),
        ratio=pooled.measure.ratio,
        forest=inline(figure, "forest"),
        rows=[_cells(one) for one in made],
        notes=(*synthesis.notes, *_warnings(made)),
        lints=lints,
    )


def _warnings(made: Sequence[Comparison]) -> list[str]:
    """What the run says of its answer, and of each row beside it."""
    told = {f"{one.ours.name}: {one.ours.note}": None for one in made if one.ours.note}
    return [said.replace("the answer, ", "The answer: ", 1) for said in told]


def _cells(one: Comparison) -> tuple[str, ...]:
    """One of our estimates as a row of the page."""
    inside = {True: "yes", False: "no", None: "–"}[one.inside]
    return (
        one.ours.name,
        one.ours.event_label or "–",
        words.interval(one.ours.estimate, one.ours.lo, one.ours.hi),
        words.interval(one.difference, one.lo, one.hi),
        words.p_value(one.p).removeprefix("= "),
        inside,
    )
