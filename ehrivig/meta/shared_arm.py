"""Subgroups that share one arm: every group of the exposed held against the same controls.

Their estimates are not independent. Of a difference between two of them the shared arm cancels,
estimate and variance: what is left are the arms that differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ehrivig.meta.heterogeneity import Dispersion
from ehrivig.meta.intervals import standard_error
from ehrivig.meta.published import PublishedRow
from ehrivig.meta.subgroups import difference_of

_LEVEL = 0.95
"""Of printed intervals."""
ARMS = ("treated", "control")


def shares_arm(rows: Sequence[PublishedRow], arm: str) -> bool:
    """Whether all rows print the same persons, and the same events where given, in an arm."""
    sizes = {row.sizes.get(f"n_{arm}") for row in rows}
    events = {row.sizes.get(f"events_{arm}") for row in rows}
    return len(rows) > 1 and len(sizes) == len(events) == 1 and None not in sizes


def between_rows(rows: Sequence[PublishedRow]) -> tuple[Dispersion, str]:
    """Cochran's Q of printed effects around their mean, and in words what it had to assume.

    Where the rows share one arm and print its counts, of the other arm alone (the shared one
    cancels); else of estimates and intervals taken as independent.
    """
    for shared, other in zip(ARMS, reversed(ARMS), strict=True):
        if not shares_arm(rows, shared):
            continue
        alone = [_alone(row, other) for row in rows]
        known = [pair for pair in alone if pair is not None]
        if len(known) == len(rows):
            between = difference_of([v for v, _ in known], [se for _, se in known])
            return between, f" (the {shared} arm is the same in all and cancels)"
        between = _independent(rows)
        return between, f" (as if independent, although the {shared} arm is the same in all)"
    return _independent(rows), ""


def _independent(rows: Sequence[PublishedRow]) -> Dispersion:
    """Q of the printed estimates and intervals."""
    scale = rows[0].measure.value_to_scale
    theta = [scale(row.estimate.value) for row in rows]
    se = [standard_error(scale(row.lo.value), scale(row.hi.value), _LEVEL) for row in rows]
    return difference_of(theta, se)


def _alone(row: PublishedRow, arm: str) -> tuple[float, float] | None:
    """What one arm brings to the effect, and its standard error; None where it has no counts.

    Log odds, log risk or risk.
    """
    events, n = row.sizes.get(f"events_{arm}"), row.sizes.get(f"n_{arm}")
    if events is None or n is None or not 0 < events < n:
        return None
    risk = events / n
    forms = {
        "OR": (np.log(risk / (1 - risk)), 1 / events + 1 / (n - events)),
        "RR": (np.log(risk), 1 / events - 1 / n),
        "RD": (risk, risk * (1 - risk) / n),
    }
    if row.measure.code not in forms:
        return None
    value, variance = forms[row.measure.code]
    return float(value), float(np.sqrt(variance))
