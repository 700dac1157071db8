"""What a logistic fit is, and what can be read from it: effects, predictions, nested tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ehrivig.errors import UsageError
from ehrivig.stats.design_matrix import arm_vector, binary_vector
from ehrivig.stats.regression.conditional import ConditionalFit
from ehrivig.stats.regression.glm import expit
from ehrivig.stats.result import Effect, FloatArray, arms_of


@dataclass(frozen=True)
class LogisticFit:
    """Log odds ratios of `event_label` per unit of each column, intercept first.

    `coef`, `se`, `odds_ratio`, `lo`, `hi`, `p` have shape (k,), `covariance` (k, k), in the order
    of `names`. `lo` and `hi` are of the odds ratio. `n` and `events` count rows with a weight
    above zero. `loglik` is penalised when `method` says Firth.
    """

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
    fit: LogisticFit | ConditionalFit,
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


def predicted(fit: LogisticFit, x: ArrayLike) -> FloatArray:
    """The probability of the event at each row of x (n, p), by this fit; shape (n,)."""
    matrix = np.asarray(x, dtype=np.float64)
    matrix = matrix[:, np.newaxis] if matrix.ndim == 1 else matrix
    return expit(fit.coef[0] + matrix @ fit.coef[1:])


def likelihood_ratio(larger: LogisticFit, smaller: LogisticFit) -> tuple[float, int, float]:
    """Chi-square, degrees of freedom and p of the columns that only the larger fit has.

    Both must be maximum-likelihood fits of the same rows (UsageError otherwise).
    """
    same = larger.n == smaller.n and larger.events == smaller.events
    df = len(larger.coef) - len(smaller.coef)
    if not same or df < 1 or "Firth" in larger.method + smaller.method:
        raise UsageError("likelihood ratio: needs two nested unpenalised fits of the same rows.")
    chi2 = max(0.0, 2.0 * (larger.loglik - smaller.loglik))
    return chi2, df, float(chdtrc(df, chi2))
