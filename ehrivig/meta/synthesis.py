"""One evidence synthesis: every number that tables, figures and report show, computed once."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta import words
from ehrivig.meta.bias import AsymmetryTest, TrimAndFill, egger_test, peters_test, trim_and_fill
from ehrivig.meta.deletion import Influence, cumulative, influence, leave_one_out
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.grade import Absolute, Finding, absolute, findings, without_absolute
from ehrivig.meta.lint import Lint
from ehrivig.meta.lints import lint_published
from ehrivig.meta.measures import INTERVALS, TAU2_ESTIMATORS, Interval, Method, Model, Tau2
from ehrivig.meta.pooled import Plan, Pooled, knapp_note, pool, study_effects
from ehrivig.meta.published import printed_rows
from ehrivig.meta.regression import MetaRegression, meta_regression
from ehrivig.meta.risk_of_bias import RiskOfBias, risk_of_bias
from ehrivig.meta.study_data import Counts, StudyData
from ehrivig.meta.subgroups import SubgroupAnalysis, subgroup_analysis
from ehrivig.meta.trials import Trials

LEAST_FOR_ASYMMETRY = 10


@dataclass(frozen=True)
class Synthesis:
    """A table of trials with all that was made of it.

    `alternatives` are the same studies under the other methods and models. `leave_one_out` and
    `cumulative` have one pool per study (None where the rest cannot be pooled), the latter in
    `order`. `judged`, `absolute` (None without counts, or because of `without_absolute`) and
    `grade` are for a summary of findings. `egger`, `peters` and `filled` are None below 10 studies
    or where undefined.
    """

    trials: Trials
    plan: Plan
    effects: EffectSizes
    overall: Pooled
    by: str | None
    subgroups: SubgroupAnalysis | None
    alternatives: tuple[Pooled, ...]
    leave_one_out: tuple[Pooled | None, ...]
    cumulative: tuple[Pooled | None, ...]
    order: tuple[int, ...]
    influence: Influence | None
    egger: AsymmetryTest | None
    peters: AsymmetryTest | None
    filled: TrimAndFill | None
    regression: MetaRegression | None
    judged: RiskOfBias | None
    absolute: Absolute | None
    without_absolute: str
    grade: tuple[Finding, ...]
    lints: tuple[Lint, ...]
    notes: tuple[str, ...]


def make_plan(
    data: StudyData,
    measure: str,
    *,
    method: Method | None = None,
    model: Model = "common",
    tau2: Tau2 = "DL",
    ci: Interval = "normal",
) -> tuple[Plan, tuple[str, ...]]:
    """The plan for some data, its defaults filled in, and notes on what was changed.

    Default method: Mantel-Haenszel for the common effect of 2x2 counts, else inverse variance. A
    random-effects pool weights by inverse variance whatever the method says, with a note.
    Raises UsageError for combinations that do not exist.
    """
    counts = isinstance(data, Counts)
    if method is None:
        method = "MH" if counts and model == "common" else "IV"
    notes: tuple[str, ...] = ()
    if method == "MH" and model == "random":
        method = "IV"
        notes = (
            "Random effects are pooled by inverse variance: Mantel-Haenszel weights exist only for "
            "the common effect, which stands among the other methods.",
        )
    if method != "IV" and not counts:
        raise UsageError(f"method: {method} needs 2x2 counts, not {data.kind}. Use --method IV.")
    return Plan(measure, method, model, tau2, ci), notes


def synthesise(
    trials: Trials,
    plan: Plan,
    *,
    by: str | None = None,
    moderators: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Synthesis:
    """Everything that can be said about some trials under a plan.

    `by` names a column of subgroups, `moderators` columns of numbers for a meta-regression. Raises
    UsageError when fewer than two studies can be pooled or a column is missing.
    """
    effects = study_effects(trials.data, plan)
    overall = pool(trials.data, plan)
    if overall.k < 2:
        raise UsageError(
            f"{trials.source}: {overall.k_excluded} of {trials.data.k} studies have no event in "
            f"either arm and are excluded from a {plan.measure}; {overall.k} is left, two are "
            "needed. Use --measure RD, or add studies."
        )
    data, order = trials.data, trials.chronological
    enough = int(effects.estimable.sum()) >= LEAST_FOR_ASYMMETRY
    labels = trials.text_column(by) if by else ()
    judged = risk_of_bias(trials)
    egger = _egger(effects) if enough else None
    return Synthesis(
        trials=trials,
        plan=plan,
        effects=effects,
        overall=overall,
        by=by,
        subgroups=subgroup_analysis(data, labels, plan) if by else None,
        alternatives=_alternatives(data, plan),
        leave_one_out=leave_one_out(data, plan),
        cumulative=cumulative(data, plan, order),
        order=order,
        influence=_influence(effects, plan),
        egger=egger,
        peters=_peters(data, plan.measure) if enough else None,
        filled=_filled(effects, plan) if enough else None,
        regression=_regression(trials, effects, plan, moderators) if moderators else None,
        judged=judged,
        absolute=absolute(data, overall),
        without_absolute=without_absolute(data, overall),
        grade=findings(data, effects, overall, judged, egger.p if egger else None),
        lints=(*_repeated(trials), *lint_published(printed_rows(trials))),
        notes=(*notes, *_notes(trials, effects, overall), *knapp_note(effects, overall)),
    )


def _alternatives(data: StudyData, plan: Plan) -> tuple[Pooled, ...]:
    """The same studies under every method and model that exists for them."""
    measure, counts = plan.measure, isinstance(data, Counts)
    plans = [Plan(measure, "MH")] if counts else []
    plans += [Plan(measure, "Peto")] if counts and measure == "OR" else []
    plans += [Plan(measure, "IV")]
    plans += [
        Plan(measure, "IV", "random", tau2, ci) for tau2 in TAU2_ESTIMATORS for ci in INTERVALS
    ]
    pools = []
    for other in plans:
        with contextlib.suppress(AnalysisError):
            pools.append(pool(data, other))
    return tuple(pools)


def _influence(effects: EffectSizes, plan: Plan) -> Influence | None:
    """Deletion diagnostics of the inverse-variance (or Peto) pool, or None."""
    weighting = replace(plan, method="IV") if plan.method == "MH" else plan
    try:
        return influence(effects, weighting)
    except AnalysisError:
        return None


def _egger(effects: EffectSizes) -> AsymmetryTest | None:
    """Egger's test, or None where it is undefined."""
    try:
        return egger_test(effects)
    except AnalysisError:
        return None


def _peters(data: StudyData, measure: str) -> AsymmetryTest | None:
    """Peters' test for a ratio of counts, or None."""
    if not isinstance(data, Counts) or measure not in ("OR", "RR"):
        return None
    try:
        return peters_test(data, measure)
    except AnalysisError:
        return None


def _filled(effects: EffectSizes, plan: Plan) -> TrimAndFill | None:
    """Trim and fill around the inverse-variance pool, or None."""
    weighting = replace(plan, method="IV") if plan.method == "MH" else plan
    try:
        return trim_and_fill(effects, weighting)
    except AnalysisError:
        return None


def _regression(
    trials: Trials, effects: EffectSizes, plan: Plan, moderators: Sequence[str]
) -> MetaRegression:
    """The meta-regression on some columns; REML unless the plan names a random model of its own."""
    columns = np.column_stack([trials.number_column(name) for name in moderators])
    tau2: Tau2 = plan.tau2 if plan.model == "random" else "REML"
    return meta_regression(effects, columns, moderators, model="random", tau2=tau2, ci=plan.ci)


def _repeated(trials: Trials) -> list[Lint]:
    """Studies that stand in the table more than once: their persons may count twice."""
    names = trials.columns["study"]
    years = trials.columns.get("year", ("",) * len(names))
    keys = [f"{name} {year}".strip() for name, year in zip(names, years, strict=True)]
    return [
        Lint(
            "study_repeated",
            "warn",
            f"{keys.count(key)} rows have this name: persons may be counted twice.",
            {"rows": float(keys.count(key))},
            key,
        )
        for key in dict.fromkeys(keys)
        if keys.count(key) > 1
    ]


def _notes(trials: Trials, effects: EffectSizes, overall: Pooled) -> list[str]:
    """What a reader must know about exclusions, corrections and reconstructed numbers."""
    notes = []
    if overall.k_excluded:
        notes.append(
            f"{words.studies(overall.k_excluded)} of {trials.data.k} excluded: no information on "
            f"a {overall.measure.code} (no event in either arm, or only events)."
        )
    corrected = int(effects.corrected.sum())
    if corrected:
        notes.append(
            f"{words.studies(corrected)} with a zero cell: 0.5 is added to the four cells for the "
            "inverse-variance estimate."
            + (
                " The Mantel-Haenszel pool takes the counts as they are."
                if overall.plan.method == "MH"
                else ""
            )
        )
    if trials.reconstructed:
        notes.append(
            f"Not printed but solved for from printed estimates: {', '.join(trials.reconstructed)}."
        )
    if overall.k < LEAST_FOR_ASYMMETRY:
        notes.append(
            f"Tests of funnel asymmetry are left out: {overall.k} studies, "
            f"{LEAST_FOR_ASYMMETRY} are needed."
        )
    if overall.plan.model == "random" and overall.k < 5 and overall.plan.ci == "normal":
        notes.append(
            "With fewer than five studies tau2 is poorly known and the normal interval too narrow: "
            "read it beside the Hartung-Knapp interval."
        )
    return notes
