"""Our estimate under the published ones: one forest plot, and the difference in numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ehrivig.errors import UsageError
from ehrivig.meta import words
from ehrivig.meta.compare_report import compare_forest, compare_html
from ehrivig.meta.lint import Lint
from ehrivig.meta.measures import MEASURES, Interval, Measure, Method, Model, Tau2
from ehrivig.meta.ours import CompareSummary, Comparison, OurEffect
from ehrivig.meta.output import check_folder, write_result
from ehrivig.meta.pooling import Pooled, critical_value, two_sided_p
from ehrivig.meta.shipped import find_trials
from ehrivig.meta.synthesis import Synthesis, make_plan, synthesise
from ehrivig.meta.tables import LINT_COLUMNS, csv_text, lint_rows
from ehrivig.meta.trials import Trials, read_table, read_trials

EFFECTS_FILE = "effects.csv"
MARKER = "compare.csv"
MOST_ROWS = 12
COMPARE_COLUMNS = (
    "analysis", "contrast", "outcome", "event_label", "model", "measure", "estimate", "lo", "hi",
    "published", "published_lo", "published_hi", "published_k", "published_method",
    "difference", "difference_lo", "difference_hi", "p", "inside_prediction_interval",
)  # fmt: skip
_FILTERS = ("analysis", "contrast", "outcome", "model", "measure")
_DEATH = ("death", "mortality", "dead", "died", "fatal")


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
    ours = choose(found, wanted | {"measure": table.measure})
    plan, notes = make_plan(table.data, table.measure, method=method, model=model, tau2=tau2, ci=ci)
    synthesis = synthesise(table, plan, by=by, notes=notes)
    made = [against(effect, synthesis.overall) for effect in ours]
    lints = (*orientation_lints(ours, table), *synthesis.lints)
    files = _files(synthesis, made, lints, sides)
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


def effects_file(path: Path) -> Path:
    """The effects table itself, or that of a run folder."""
    return path / EFFECTS_FILE if path.is_dir() else path


def read_effects(path: Path) -> tuple[OurEffect, ...]:
    """The estimates of a run that have an interval. Raises UsageError when there are none."""
    file = effects_file(path)
    table, lines, _ = read_table(file)
    wanted = ("analysis", "contrast", "outcome", "event_label", "model", "measure")
    missing = [name for name in (*wanted, "estimate", "lo", "hi") if name not in table]
    if missing:
        raise UsageError(f"{file}: not an effects table; it lacks {', '.join(missing)}.")
    effects = []
    for row in range(len(lines)):
        numbers = [_number(table[name][row]) for name in ("estimate", "lo", "hi")]
        measure = MEASURES.get(table["measure"][row])
        if measure and _drawable(measure, numbers):
            effects.append(OurEffect(*(table[name][row] for name in wanted), *numbers))  # type: ignore[arg-type]
    if not effects:
        raise UsageError(f"{file}: no row has an estimate with an interval. Look at the run first.")
    return tuple(effects)


def choose(effects: Sequence[OurEffect], wanted: dict[str, str | None]) -> tuple[OurEffect, ...]:
    """The rows that fit; outcome and contrast of the first one where they are not named.

    Raises UsageError when none fits, or more than can be drawn.
    """

    def fit(filters: dict[str, str | None]) -> list[OurEffect]:
        return [
            effect
            for effect in effects
            if all(value in (None, getattr(effect, name)) for name, value in filters.items())
        ]

    named = ", ".join(f"{name} = {value}" for name, value in wanted.items() if value)
    rows = fit(wanted)
    if not rows:
        known = "; ".join(
            f"{name}: {', '.join(dict.fromkeys(getattr(effect, name) for effect in effects))}"
            for name in _FILTERS
        )
        raise UsageError(f"compare: no row of the run fits {named}. It has {known}.")
    first = rows[0]
    rest = {n: wanted.get(n) or getattr(first, n) for n in ("outcome", "contrast")}
    rows = fit(wanted | rest)
    if len(rows) > MOST_ROWS:
        raise UsageError(
            f"compare: {len(rows)} rows fit {named}, at most {MOST_ROWS} can be drawn. Narrow the "
            "choice by analysis or model."
        )
    return tuple(rows)


def against(ours: OurEffect, pooled: Pooled) -> Comparison:
    """One of our estimates against the published pool, as if independent."""
    measure = pooled.measure
    theta, se = _on_scale(ours, measure)
    difference = theta - pooled.theta
    spread = math.hypot(se, pooled.se)
    half = critical_value(pooled.plan.level, math.nan) * spread
    known = math.isfinite(pooled.pi_lo)
    return Comparison(
        ours=ours,
        difference=measure.from_scale(difference),
        lo=measure.from_scale(difference - half),
        hi=measure.from_scale(difference + half),
        p=two_sided_p(difference / spread, math.nan),
        inside=pooled.pi_lo <= ours.estimate <= pooled.pi_hi if known else None,
    )


def orientation_lints(ours: Sequence[OurEffect], trials: Trials) -> list[Lint]:
    """Our estimates whose event is not the trials' event: an OR of survival beside one of death."""
    outcomes = set(trials.columns.get("outcome", ()))
    deadly = bool(outcomes) and all(any(w in o.lower() for w in _DEATH) for o in outcomes)
    wrong = [
        effect
        for effect in ours
        if deadly
        and effect.event_label
        and not any(word in effect.event_label.lower() for word in _DEATH)
    ]
    return [
        Lint(
            "event_differs",
            "error",
            f"Our event is {effect.event_label!r}, the trials count {', '.join(sorted(outcomes))}: "
            "the two must not be compared.",
            {"estimate": effect.estimate},
            f"{effect.analysis}, {effect.model}",
        )
        for effect in wrong
    ]


def _shared_measure(file: Path, effects: Sequence[OurEffect]) -> str | None:
    """The first measure of ours that the trials can give; None leaves it to the trials."""
    for measure in dict.fromkeys(effect.measure for effect in effects):
        try:
            read_trials(file, measure)
        except UsageError:
            continue
        return measure
    return None


def _on_scale(ours: OurEffect, measure: Measure) -> tuple[float, float]:
    """Effect and standard error on the analysis scale, from a 95% interval."""
    lo, hi = measure.value_to_scale(ours.lo), measure.value_to_scale(ours.hi)
    se = (hi - lo) / (2 * critical_value(0.95, math.nan))
    return measure.value_to_scale(ours.estimate), se


def _drawable(measure: Measure, numbers: Sequence[float]) -> bool:
    """Whether an estimate has an interval that can be drawn and compared."""
    estimate, lo, hi = numbers
    finite = all(map(math.isfinite, numbers))
    return finite and lo <= estimate <= hi and lo < hi and (not measure.ratio or lo > 0)


def _number(text: str) -> float:
    """A cell as a number, NaN where it is empty or none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _files(
    synthesis: Synthesis,
    made: Sequence[Comparison],
    lints: Sequence[Lint],
    sides: tuple[str, str] | None,
) -> dict[str, str]:
    """The tables, the picture and the page: name and text."""
    figure = compare_forest(synthesis, made, sides)
    rows = [_row(one, synthesis.overall) for one in made]
    return {
        MARKER: csv_text(rows, COMPARE_COLUMNS),
        "lints.csv": csv_text(lint_rows(lints), LINT_COLUMNS),
        "forest.svg": figure,
        "report.html": compare_html(synthesis, made, lints, figure),
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
