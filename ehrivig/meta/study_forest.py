"""The lines of a synthesis's forest plot: studies, subgroups, diamonds, tests."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ehrivig.figures.forest import ForestHead, ForestRow, forest_svg
from ehrivig.meta import words
from ehrivig.meta.pooling import Pooled
from ehrivig.meta.study_data import Counts, Means
from ehrivig.meta.subgroups import Subgroup
from ehrivig.meta.synthesis import Synthesis

DEFAULT_SIDES = {"counts": ("Fewer events with treatment", "More events with treatment")}
OTHER_SIDES = ("Lower with treatment", "Higher with treatment")


def forest(synthesis: Synthesis, sides: tuple[str, str] | None = None) -> str:
    """The forest plot as SVG. `sides` are the words left and right of no effect."""
    measure = synthesis.overall.measure
    title = f"Forest plot: {measure.label}, {words.method_words(synthesis.plan)}"
    head = forest_head(synthesis, sides)
    return forest_svg(forest_rows(synthesis), head, title, ratio=measure.ratio)


def forest_head(synthesis: Synthesis, sides: tuple[str, str] | None = None) -> ForestHead:
    """The head of the forest plot."""
    return ForestHead(
        label="Study or subgroup" if synthesis.by else "Study",
        groups=_groups(synthesis),
        columns=_columns(synthesis),
        plot=(synthesis.overall.measure.label, words.column_words(synthesis.plan)),
        sides=sides or DEFAULT_SIDES.get(synthesis.trials.data.kind, OTHER_SIDES),
    )


def forest_rows(synthesis: Synthesis) -> list[ForestRow]:
    """The lines of the forest plot: studies (by subgroup), diamonds, tests."""
    rows: list[ForestRow] = []
    if synthesis.subgroups:
        for group in synthesis.subgroups.groups:
            rows += _group_rows(synthesis, group)
    else:
        rows += [_study_row(synthesis, row) for row in range(synthesis.trials.data.k)]
    everything = range(synthesis.trials.data.k)
    rows += [_pool_row(synthesis, synthesis.overall, everything, "Total", "total")]
    rows += _prediction_row(synthesis.overall, len(_columns(synthesis)), _digits(synthesis))
    rows += [ForestRow("note", words.heterogeneity_words(synthesis.overall))]
    rows += [ForestRow("note", words.overall_words(synthesis.overall))]
    if synthesis.subgroups and synthesis.subgroups.between.q_df > 0:
        between = synthesis.subgroups.between
        rows.append(
            ForestRow(
                "note",
                f"Test for subgroup differences: Chi² = {between.q:.2f}, df = {between.q_df} "
                f"(P {words.p_value(between.q_p)}); I² = {words.percent(between.i2)}",
            )
        )
    return rows


def _columns(synthesis: Synthesis) -> tuple[str, ...]:
    """Names of the table columns."""
    arms = {"counts": ("Events", "Total") * 2, "means": ("Mean", "SD", "Total") * 2}
    return (*arms.get(synthesis.trials.data.kind, ()), "Weight", _effect_name(synthesis))


def _groups(synthesis: Synthesis) -> tuple[tuple[str, int], ...]:
    """Names over the columns: the arms."""
    span = {"counts": 2, "means": 3}.get(synthesis.trials.data.kind, 0)
    arms = (("Treated", span), ("Control", span)) if span else ()
    return (*arms, ("", 2))


def _effect_name(synthesis: Synthesis) -> str:
    """The head of the effect column."""
    return f"{synthesis.overall.measure.code} [{100 * synthesis.plan.level:.0f}% CI]"


def _digits(synthesis: Synthesis) -> int:
    """Decimals of the effects shown."""
    return words.digits_for(synthesis.overall.measure, abs(synthesis.overall.estimate))


def _group_rows(synthesis: Synthesis, group: Subgroup) -> list[ForestRow]:
    """A subgroup: heading, studies, subtotal, its tests, a gap."""
    rows = [ForestRow("heading", f"{synthesis.by}: {group.name}")]
    rows += [_study_row(synthesis, row) for row in group.rows]
    if group.pooled is None:
        return [*rows, ForestRow("note", "Subtotal: not estimable"), ForestRow("gap")]
    rows += [_pool_row(synthesis, group.pooled, group.rows, "Subtotal", "subtotal")]
    rows += [ForestRow("note", words.heterogeneity_words(group.pooled))]
    return [*rows, ForestRow("note", words.overall_words(group.pooled)), ForestRow("gap")]


def _arm_cells(synthesis: Synthesis, row: int) -> tuple[str, ...]:
    """The data of a study as the table shows it."""
    data = synthesis.trials.data
    if isinstance(data, Counts):
        names = ("events_treated", "n_treated", "events_control", "n_control")
        return tuple(words.count(getattr(data, name)[row]) for name in names)
    if isinstance(data, Means):
        cells: list[str] = []
        for arm in ("treated", "control"):
            cells += [
                words.number(getattr(data, f"{what}_{arm}")[row], 2) for what in ("mean", "sd")
            ]
            cells.append(words.count(getattr(data, f"n_{arm}")[row]))
        return tuple(cells)
    return ()


def _arm_sums(synthesis: Synthesis, rows: Sequence[int]) -> tuple[str, ...]:
    """Events and persons of some studies, summed."""
    data, index = synthesis.trials.data, list(rows)
    if isinstance(data, Counts):
        names = ("events_treated", "n_treated", "events_control", "n_control")
        return tuple(words.count(getattr(data, name)[index].sum()) for name in names)
    if isinstance(data, Means):
        sums = [
            words.count(getattr(data, f"n_{arm}")[index].sum()) for arm in ("treated", "control")
        ]
        return ("", "", sums[0], "", "", sums[1])
    return ()


def _study_row(synthesis: Synthesis, row: int) -> ForestRow:
    """One study."""
    estimate, lo, hi = (
        float(part[row]) for part in synthesis.effects.interval(synthesis.plan.level)
    )
    weight = float(synthesis.overall.weights[row])
    shown = words.interval(estimate, lo, hi, _digits(synthesis))
    share = f"{100 * weight:.1f}%" if math.isfinite(estimate) else ""
    cells = (*_arm_cells(synthesis, row), share, shown)
    return ForestRow("study", synthesis.trials.labels[row], cells, estimate, lo, hi, weight)


def _pool_row(
    synthesis: Synthesis, pooled: Pooled, rows: Sequence[int], name: str, kind: str
) -> ForestRow:
    """A diamond with the sums of its studies."""
    weight = float(synthesis.overall.weights[list(rows)].sum())
    shown = words.interval(pooled.estimate, pooled.lo, pooled.hi, _digits(synthesis))
    cells = (*_arm_sums(synthesis, rows), f"{100 * weight:.1f}%", shown)
    made = "total" if kind == "total" else "subtotal"
    label = f"{name} ({100 * synthesis.plan.level:.0f}% CI)"
    return ForestRow(made, label, cells, pooled.estimate, pooled.lo, pooled.hi, weight)  # type: ignore[arg-type]


def _prediction_row(pooled: Pooled, columns: int, digits: int) -> list[ForestRow]:
    """The prediction interval under the diamond, where there is one."""
    if not math.isfinite(pooled.pi_lo):
        return []
    shown = f"[{words.number(pooled.pi_lo, digits)}, {words.number(pooled.pi_hi, digits)}]"
    cells = (*[""] * (columns - 1), shown)
    return [ForestRow("prediction", "Prediction interval", cells, lo=pooled.pi_lo, hi=pooled.pi_hi)]
