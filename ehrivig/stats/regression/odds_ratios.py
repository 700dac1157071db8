"""What every fit of log odds ratios has in common, and the effect that is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from ehrivig.errors import UsageError
from ehrivig.stats.design_matrix import arm_vector, binary_vector
from ehrivig.stats.result import Effect, FloatArray, arms_of
from ehrivig.stats.shown import Shown


@dataclass(frozen=True, kw_only=True, repr=False)
class OddsRatios(Shown):
    """Log odds ratios of `event_label` per unit of each column.

    `coef`, `se`, `odds_ratio`, `lo`, `hi`, `p` have shape (k,), `covariance` (k, k), in the order
    of `names`. `lo` and `hi` are of the odds ratio; `se`, the interval and p use the variance that
    `variance` names. `loglik_null` is the log-likelihood without the columns.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = ("names", "odds_ratio", "lo", "hi", "p")

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    covariance: FloatArray
    odds_ratio: FloatArray
    lo: FloatArray
    hi: FloatArray
    p: FloatArray
    n: int
    events: int
    event_label: str
    method: str
    variance: str
    interval: str
    level: float
    loglik: float
    loglik_null: float
    iterations: int
    notes: tuple[str, ...] = ()

    def index(self, name: str) -> int:
        """The position of a column in every array of this fit; UsageError when there is none."""
        if name not in self.names:
            raise UsageError(f"no column {name!r} in this fit; it has {', '.join(self.names)}.")
        return self.names.index(name)


def exposure_effect(
    fit: OddsRatios,
    event: ArrayLike,
    exposed: ArrayLike,
    term: str,
    *,
    estimand: str = "",
) -> Effect:
    """The odds ratio of one column as an Effect, with the events of both arms counted.

    `event` and `exposed` (n,) 0/1 are the rows that were fitted. Raises UsageError when their
    number or their events are not those of the fit.
    """
    y = binary_vector(event, "event")
    arm = arm_vector(exposed, "exposed", len(y))
    if (len(y), int(y.sum())) != (fit.n, fit.events):
        raise UsageError("exposure_effect: these are not the rows of the fit (n or events differ).")
    j = fit.index(term)
    return Effect.between(
        arms_of(y, arm),
        "OR",
        (fit.odds_ratio[j], fit.lo[j], fit.hi[j], fit.se[j], fit.p[j]),
        event_label=fit.event_label,
        method=f"{fit.method}, {fit.interval} interval",
        variance=fit.variance,
        estimand=estimand,
        level=fit.level,
        notes=fit.notes,
    )
