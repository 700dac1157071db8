"""The forest plots of evidence: which lines stand in them, from trials, hospitals and our own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ehrivig.figures.forest import ForestHead, ForestRow, Kind, forest_svg
from ehrivig.meta import words
from ehrivig.meta.comparison import Comparison
from ehrivig.meta.hospitals import HospitalPool
from ehrivig.meta.pooled import Pooled
from ehrivig.meta.study_data import Estimates
from ehrivig.meta.subgroups import Subgroup
from ehrivig.meta.synthesis import Synthesis

FEWER_EVENTS = ("Fewer events with treatment", "More events with treatment")
LOWER = ("Lower with treatment", "Higher with treatment")
_MEASURED = ("mean_", "sd_")

Effect = tuple[float, float, float]
"""Estimate, lo and hi on the measure's own scale."""


def forest(synthesis: Synthesis, sides: tuple[str, str] | None = None) -> str:
    """The forest plot of trials as SVG. `sides` are the words left and right of no effect."""
    measure = synthesis.overall.measure
    title = f"Forest plot: {measure.label}, {words.method_words(synthesis.plan)}"
    head = _trials_head(synthesis, sides)
    return forest_svg(_trials_rows(synthesis), head, title, ratio=measure.ratio)


def compare_forest(
    synthesis: Synthesis, made: Sequence[Comparison], sides: tuple[str, str] | None = None
) -> str:
    """The forest of the trials with our estimates below, in another colour, outside the pool."""
    head, measure = _trials_head(synthesis, sides), synthesis.overall.measure
    blank = ("",) * (len(head.columns) - 1)
    rows = [*_trials_rows(synthesis), ForestRow("gap")]
    rows.append(ForestRow("heading", "This study (not pooled)"))
    for one in made:
        effect = (one.ours.estimate, one.ours.lo, one.ours.hi)
        rows.append(ForestRow("ours", one.ours.name, (*blank, words.interval(*effect)), *effect))
    events = list(dict.fromkeys(one.ours.event_label for one in made if one.ours.event_label))
    if events:
        rows.append(ForestRow("note", f"Event in this study: {'; '.join(events)}"))
    title = f"{measure.label}: this study under the published trials"
    return forest_svg(rows, head, title, ratio=measure.ratio)


def hospital_forest(
    pooled: HospitalPool,
    *,
    one_stage: Effect | None = None,
    cells: Sequence[tuple[str, ...]] = (),
    columns: tuple[str, ...] = (),
    groups: tuple[tuple[str, int], ...] = (),
    sides: tuple[str, str] = LOWER,
) -> str:
    """A forest of hospitals as SVG: each, the random-effects diamond, the common-effect diamond.

    `one_stage` (estimate, lo, hi) is drawn below in another colour. `cells` (one tuple per
    hospital), `columns` and `groups` (name, number of columns) add a table, such as events.
    """
    plan, blank = pooled.random.plan, ("",) * len(columns)
    effects = zip(*(part.tolist() for part in pooled.effects.interval(plan.level)), strict=True)
    weights = pooled.random.weights
    rows = [
        _row("study", name, cells[i] if cells else blank, effect, float(weights[i]))
        for i, (name, effect) in enumerate(zip(pooled.hospitals, effects, strict=True))
    ]
    rows.append(_row("total", "Random effects", blank, _effect(pooled.random)))
    rows.append(_row("subtotal", "Common effect", blank, _effect(pooled.common)))
    if one_stage:
        rows.append(_row("ours", "One stage (all patients)", blank, one_stage))
    rows.append(ForestRow("note", words.heterogeneity_words(pooled.random)))
    head = _head("Hospital", pooled.random, columns, groups, sides)
    title = f"Forest plot of hospitals: {pooled.random.measure.label}"
    return forest_svg(rows, head, title, ratio=pooled.random.measure.ratio)


def _head(
    label: str,
    pooled: Pooled,
    columns: tuple[str, ...],
    groups: tuple[tuple[str, int], ...],
    sides: tuple[str, str],
) -> ForestHead:
    """The head of a pool's forest: its columns, then the weight and the effect."""
    effect = f"{pooled.measure.code} [{words.level(pooled.plan)}]"
    plot = (pooled.measure.label, words.column_words(pooled.plan))
    return ForestHead(label, (*columns, "Weight", effect), groups, plot, sides)


def _row(
    kind: Kind,
    label: str,
    cells: tuple[str, ...],
    effect: Effect,
    weight: float = math.nan,
    digits: int = 2,
) -> ForestRow:
    """A study or a diamond: its cells, then its weight and its effect."""
    known = math.isfinite(weight) and math.isfinite(effect[0])
    proportion = f"{100 * weight:.1f}%" if known else ""
    shown = words.interval(*effect, digits)
    return ForestRow(kind, label, (*cells, proportion, shown), *effect, weight)


def _effect(pooled: Pooled) -> Effect:
    """A pooled effect with its interval."""
    return pooled.estimate, pooled.lo, pooled.hi


def _trials_head(synthesis: Synthesis, sides: tuple[str, str] | None) -> ForestHead:
    """The head of the forest of trials: the arms with their data."""
    kind = synthesis.trials.data.kind
    arm = {"counts": ("Events", "Total"), "means": ("Mean", "SD", "Total")}.get(kind, ())
    groups = (("Treated", len(arm)), ("Control", len(arm))) if arm else ()
    label = "Study or subgroup" if synthesis.by else "Study"
    sides = sides or (FEWER_EVENTS if kind == "counts" else LOWER)
    return _head(label, synthesis.overall, arm * 2, groups, sides)


def _trials_rows(synthesis: Synthesis) -> list[ForestRow]:
    """Studies (by subgroup), diamonds, tests."""
    every, overall, by = range(synthesis.trials.data.k), synthesis.overall, synthesis.subgroups
    if by:
        rows = [row for group in by.groups for row in _group_rows(synthesis, group)]
    else:
        rows = [_study_row(synthesis, row) for row in every]
    rows.append(_pool_row(synthesis, overall, every, "Total", "total"))
    rows += _prediction_row(synthesis)
    rows.append(ForestRow("note", words.heterogeneity_words(overall)))
    rows.append(ForestRow("note", words.overall_words(overall)))
    if by and by.between.q_df > 0:
        rows.append(ForestRow("note", words.between_words(by.between)))
    return rows


def _group_rows(synthesis: Synthesis, group: Subgroup) -> list[ForestRow]:
    """A subgroup: heading, studies, subtotal, its tests, a gap."""
    rows = [ForestRow("heading", f"{synthesis.by}: {group.name}")]
    rows += [_study_row(synthesis, row) for row in group.rows]
    if group.pooled is None:
        return [*rows, ForestRow("note", "Subtotal: not estimable"), ForestRow("gap")]
    rows += [_pool_row(synthesis, group.pooled, group.rows, "Subtotal", "subtotal")]
    rows += [ForestRow("note", words.heterogeneity_words(group.pooled))]
    return [*rows, ForestRow("note", words.overall_words(group.pooled)), ForestRow("gap")]


def _study_row(synthesis: Synthesis, row: int) -> ForestRow:
    """One study."""
    estimate, lo, hi = (
        float(part[row]) for part in synthesis.effects.interval(synthesis.plan.level)
    )
    label, weight = synthesis.trials.labels[row], float(synthesis.overall.weights[row])
    cells = _arm_cells(synthesis, row)
    return _row("study", label, cells, (estimate, lo, hi), weight, _digits(synthesis))


def _pool_row(
    synthesis: Synthesis, pooled: Pooled, rows: Sequence[int], name: str, kind: Kind
) -> ForestRow:
    """A diamond with the sums of its studies."""
    weight = float(synthesis.overall.weights[list(rows)].sum())
    label, cells = f"{name} ({words.level(synthesis.plan)})", _arm_sums(synthesis, rows)
    return _row(kind, label, cells, _effect(pooled), weight, _digits(synthesis))


def _prediction_row(synthesis: Synthesis) -> list[ForestRow]:
    """The prediction interval under the diamond, where there is one."""
    lo, hi = synthesis.overall.pi_lo, synthesis.overall.pi_hi
    if not math.isfinite(lo):
        return []
    digits = _digits(synthesis)
    shown = f"[{words.number(lo, digits)}, {words.number(hi, digits)}]"
    blank = ("",) * (len(_trials_head(synthesis, None).columns) - 1)
    return [ForestRow("prediction", "Prediction interval", (*blank, shown), lo=lo, hi=hi)]


def _digits(synthesis: Synthesis) -> int:
    """Decimals of the effects shown."""
    return words.digits_for(synthesis.overall.measure, abs(synthesis.overall.estimate))


def _arm_cells(synthesis: Synthesis, row: int) -> tuple[str, ...]:
    """The data of a study as the table shows it; none where only its estimate is known."""
    data = synthesis.trials.data
    if isinstance(data, Estimates):
        return ()
    values = [(name, float(getattr(data, name)[row])) for name in data.columns()]
    return tuple(
        words.number(value) if name.startswith(_MEASURED) else words.count(value)
        for name, value in values
    )


def _arm_sums(synthesis: Synthesis, rows: Sequence[int]) -> tuple[str, ...]:
    """Events and persons of some studies, summed; means have no sum."""
    data = synthesis.trials.data
    if isinstance(data, Estimates):
        return ()
    sums = [(name, float(getattr(data, name)[list(rows)].sum())) for name in data.columns()]
    return tuple("" if name.startswith(_MEASURED) else words.count(total) for name, total in sums)
