"""Consistency of published results: what the printed numbers say about each other.

Every check allows for the rounding of the printed digits: it speaks only when no unrounded numbers
could have been printed so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ehrivig.errors import EhrivigError
from ehrivig.meta.effects import effect_sizes
from ehrivig.meta.intervals import standard_error, two_sided_p
from ehrivig.meta.lint import Lint
from ehrivig.meta.published import Printed, PublishedRow
from ehrivig.meta.shared_arm import ARMS, between_rows, shares_arm
from ehrivig.meta.study_data import Counts
from ehrivig.stats.tables.usual_tests import p_of_counts

_LEVEL = 0.95
"""Of printed intervals."""


def lint_published(rows: Sequence[PublishedRow]) -> tuple[Lint, ...]:
    """All findings in published rows, row by row and then across rows; empty when consistent."""
    checks: tuple[Callable[[PublishedRow], Iterator[Lint]], ...] = (
        _impossible,
        _not_centred,
        _p_differs,
        _counts_differ,
    )
    single = [lint for row in rows for check in checks for lint in check(row)]
    return (*single, *_across(rows))


def _usable(row: PublishedRow) -> bool:
    """Whether estimate and interval can be taken at face value."""
    ordered = row.lo.value < row.hi.value
    return ordered and (not row.measure.ratio or (row.lo.least > 0 and row.estimate.least > 0))


def _impossible(row: PublishedRow) -> Iterator[Lint]:
    """Limits in the wrong order, an estimate outside them, more events than persons."""
    shown = {"estimate": row.estimate.value, "lo": row.lo.value, "hi": row.hi.value}
    if row.lo.value > row.hi.value:
        message = "The lower limit is above the upper."
        yield Lint("limits_reversed", "error", message, shown, row.label)
    elif not row.lo.least <= row.estimate.value <= row.hi.most:
        message = "The estimate lies outside its own interval."
        yield Lint("estimate_outside_interval", "error", message, shown, row.label)
    if row.counts is None:
        return
    for arm, events, n in (("treated", *row.counts[:2]), ("control", *row.counts[2:])):
        if events > n:
            numbers = {"events": events, "n": n}
            message = f"More events than persons in the {arm} arm."
            yield Lint("events_above_n", "error", message, numbers, row.label)


def _not_centred(row: PublishedRow) -> Iterator[Lint]:
    """An interval that is not symmetric about its estimate on the analysis scale."""
    if not _usable(row):
        return
    scale = row.measure.value_to_scale
    least = (scale(row.lo.least) + scale(row.hi.least)) / 2
    most = (scale(row.lo.most) + scale(row.hi.most)) / 2
    if scale(row.estimate.most) < least or scale(row.estimate.least) > most:
        center = row.measure.from_scale((least + most) / 2)
        yield Lint(
            "interval_not_centred",
            "warn",
            f"The interval {row.lo.value:g} to {row.hi.value:g} is centred on {center:.3g}"
            f"{' (geometric mean)' if row.measure.ratio else ''}, not on the estimate "
            f"{row.estimate.value:g}, beyond rounding: one of the three numbers is misprinted or "
            "the interval is not a normal one.",
            {
                "estimate": row.estimate.value,
                "lo": row.lo.value,
                "hi": row.hi.value,
                "center": center,
            },
            row.label,
        )


def _p_differs(row: PublishedRow) -> Iterator[Lint]:
    """A printed p that neither estimate and interval give nor a usual test of the counts."""
    if row.p is None or not _usable(row):
        return
    z_least, z_most = _z_range(row)
    p_most, p_least = two_sided_p(z_least), two_sided_p(z_most)
    if row.p.least <= p_most and row.p.most >= p_least:
        return
    if any(row.p.least <= p <= row.p.most for p in _usual(row).values()):
        return
    yield Lint(
        "p_not_recomputed",
        "warn",
        f"The printed p {row.p.value:g} does not follow from estimate and interval, which give "
        f"p = {p_least:.2g} to {p_most:.2g} (normal).",
        {"p_printed": row.p.value, "p_least": p_least, "p_most": p_most},
        row.label,
    )


def _usual(row: PublishedRow) -> dict[str, float]:
    """The p of every usual test of the printed counts, none without them."""
    if row.counts is None or any(count != int(count) for count in row.counts):
        return {}
    a, n1, c, n2 = (int(count) for count in row.counts)
    possible = 0 <= a <= n1 and 0 <= c <= n2
    return p_of_counts([[a, n1 - a], [c, n2 - c]]) if possible else {}


def _z_range(row: PublishedRow) -> tuple[float, float]:
    """The smallest and largest |z| that rounds to the printed estimate and interval."""
    on_scale = row.measure.value_to_scale
    ends = (on_scale(row.estimate.least), on_scale(row.estimate.most))
    size_least = 0.0 if ends[0] <= 0 <= ends[1] else min(abs(end) for end in ends)
    size_most = max(abs(end) for end in ends)
    narrow = standard_error(on_scale(row.lo.most), on_scale(row.hi.least), _LEVEL)
    wide = standard_error(on_scale(row.lo.least), on_scale(row.hi.most), _LEVEL)
    return size_least / wide, size_most / narrow if narrow > 0 else math.inf


def _counts_differ(row: PublishedRow) -> Iterator[Lint]:
    """Counts that give another estimate or interval than the one printed beside them."""
    if row.counts is None or not _usable(row) or row.measure.code not in ("OR", "RR", "RD"):
        return
    a, n1, c, n2 = (np.array([count]) for count in row.counts)
    try:
        data = Counts(events_treated=a, n_treated=n1, events_control=c, n_control=n2)
    except EhrivigError:
        return
    found = [float(x[0]) for x in effect_sizes(data, row.measure.code).interval()]
    wanted = (row.estimate, row.lo, row.hi)
    wrong = [
        name
        for name, value, printed in zip(("estimate", "lo", "hi"), found, wanted, strict=True)
        if not _about(value, printed)
    ]
    if wrong:
        numbers = dict(zip(("estimate", "lo", "hi"), found, strict=True))
        numbers["estimate_printed"] = row.estimate.value
        yield Lint(
            "counts_give_other_estimate",
            "warn",
            f"The counts give {row.measure.code} {found[0]:.3g} "
            f"({found[1]:.3g} to {found[2]:.3g}); printed {row.estimate.value:g} "
            f"({row.lo.value:g} to {row.hi.value:g}): {', '.join(wrong)} differ.",
            numbers,
            row.label,
        )


def _about(value: float, printed: Printed) -> bool:
    """Whether a value rounds to the printed digits, within one unit of their last place."""
    half = (printed.most - printed.least) / 2
    return printed.least - half <= value <= printed.most + half


def _across(rows: Sequence[PublishedRow]) -> Iterator[Lint]:
    """Findings about subgroups of the same outcome, dimension by dimension."""
    for outcome, measure in dict.fromkeys((row.outcome, row.measure) for row in rows):
        same = [row for row in rows if (row.outcome, row.measure) == (outcome, measure)]
        total = next((row for row in same if row.is_total), None)
        parts = [row for row in same if not row.is_total and row.dimension]
        for dimension in dict.fromkeys(row.dimension for row in parts):
            group = [row for row in parts if row.dimension == dimension and _usable(row)]
            if len(group) > 1:
                yield from _not_a_partition(dimension, group, total)
                yield from _significant_here(dimension, group)


def _not_a_partition(
    dimension: str, group: list[PublishedRow], total: PublishedRow | None
) -> Iterator[Lint]:
    """Subgroups whose persons do not sum to the total, or that cannot average to its estimate.

    A control arm that all subgroups share is not divided, and its numbers need not sum.
    """
    if total is None:
        return
    where = f"{total.label} by {dimension}"
    undivided = {arm for arm in ARMS if shares_arm([*group, total], arm)}
    for name, whole in total.sizes.items():
        parts = [row.sizes[name] for row in group if name in row.sizes]
        divided = name.rpartition("_")[2] not in undivided and not (undivided and name == "n")
        if divided and len(parts) == len(group) and sum(parts) != whole:
            message = f"{name}: the subgroups sum to {sum(parts):g}, the total is {whole:g}."
            numbers = {"sum": sum(parts), "total": whole}
            yield Lint("subgroups_do_not_sum", "warn", message, numbers, where)
    least, most = min(r.estimate.least for r in group), max(r.estimate.most for r in group)
    if total.estimate.most < least or total.estimate.least > most:
        message = (
            f"The total {total.estimate.value:g} lies outside the range of its subgroups "
            f"({least:g} to {most:g}): they cannot average to it."
        )
        numbers = {"total": total.estimate.value, "least": least, "most": most}
        yield Lint("total_outside_subgroups", "warn", message, numbers, where)


def _significant_here(dimension: str, group: list[PublishedRow]) -> Iterator[Lint]:
    """Significant here, not there: no finding in itself. The test between them, recomputed."""
    null = group[0].measure.null
    excludes = [row.hi.value < null or row.lo.value > null for row in group]
    if len(set(excludes)) < 2:
        return
    between, how = between_rows(group)
    there = ", ".join(r.subgroup for r, e in zip(group, excludes, strict=True) if e)
    absent = ", ".join(r.subgroup for r, e in zip(group, excludes, strict=True) if not e)
    verdict = "does not show" if between.q_p >= 0.05 else "supports"
    yield Lint(
        "difference_without_test",
        "warn" if between.q_p >= 0.05 else "info",
        f"Significant in {there}, not in {absent}, printed without a test between them. The test "
        f"recomputed from the printed rows {verdict} a difference: Q = {between.q:.2f} on "
        f"{between.q_df} df, p = {between.q_p:.2g}{how}.",
        {"q": between.q, "q_df": float(between.q_df), "q_p": between.q_p},
        f"{group[0].outcome or 'result'} by {dimension}",
    )
