"""How the effect on an outcome is asked: the odds of what happens or not, the mean of a number.

Every analysis of the primary outcome asks here, so that any outcome can be primary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ehrivig.analysis.models import adjusted, crude
from ehrivig.dataset import Floats
from ehrivig.stats.regression.interaction import interaction
from ehrivig.stats.regression.linear import MEAN_DIFFERENCE, LinearFit, linear
from ehrivig.stats.regression.logistic import LogisticFit, exposure_effect, logistic
from ehrivig.stats.result import Effect
from ehrivig.study import Outcome

EXPOSED = "exposed"
ODDS_RATIO = "OR"


@dataclass(frozen=True)
class OutcomeModel:
    """The regression of one outcome. `label`: what happens, or the number with its unit."""

    label: str
    number: bool

    @property
    def measure(self) -> str:
        """What its estimates are: odds ratios, or mean differences."""
        return MEAN_DIFFERENCE if self.number else ODDS_RATIO

    def crude(
        self, y: Floats, arm: NDArray[np.bool_], estimand: str, weights: Floats | None = None
    ) -> Effect:
        """Exposed against unexposed alone; rows with NaN are left out, `weights` (rows,)."""
        if not self.number:
            return crude(y, arm, self.label, estimand, weights)
        known = ~np.isnan(y)
        w = None if weights is None else weights[known]
        return self._linear(y[known], arm[known], None, (), w).effect(
            EXPOSED, arm[known], estimand=estimand
        )

    def adjusted(
        self,
        y: Floats,
        arm: NDArray[np.bool_],
        x: Floats,
        names: tuple[str, ...],
        estimand: str,
        *,
        pairs: NDArray[np.int64] | None = None,
    ) -> tuple[Effect, LogisticFit | LinearFit]:
        """Given covariates `x` (rows, p), among complete rows; with `pairs` clustered on them."""
        if not self.number:
            return adjusted(y, arm, x, names, self.label, estimand, pairs=pairs)
        known = ~np.isnan(y) & ~np.isnan(x).any(axis=1)
        cluster = None if pairs is None else pairs[known]
        fit = self._linear(y[known], arm[known], x[known], names, None, cluster)
        return fit.effect(EXPOSED, arm[known], estimand=estimand), fit

    def clustered(self, y: Floats, arm: NDArray[np.bool_], cluster: NDArray[np.int64]) -> Effect:
        """Exposed against unexposed in complete rows, the variance clustered on the pairs."""
        if self.number:
            fit = self._linear(y, arm, None, (), None, cluster)
            return fit.effect(EXPOSED, arm, estimand="ATT")
        x = arm[:, None].astype(float)
        of_events = logistic(y, x, cluster=cluster, names=[EXPOSED], event_label=self.label)
        return exposure_effect(of_events, y, arm, EXPOSED, estimand="ATT")

    def interaction(self, y: Floats, arm: NDArray[np.bool_], side: Floats) -> Effect:
        """The effect on the side "yes" against that on the side "no"; complete rows."""
        if not self.number:
            return interaction(y, arm, side, event_label=self.label).ratios[0]
        term = "exposed on the side"
        x = np.column_stack([side, arm * side])
        fit = self._linear(y, arm, x, ("side", term))
        found = fit.effect(term, arm, estimand="difference between the sides")
        return replace(found, method=f"{found.method} with interaction")

    def _linear(
        self,
        y: Floats,
        arm: NDArray[np.bool_],
        x: Floats | None,
        names: tuple[str, ...],
        weights: Floats | None = None,
        cluster: NDArray[np.int64] | None = None,
    ) -> LinearFit:
        columns = [arm.astype(float)] if x is None else [arm.astype(float), x]
        return linear(
            y,
            np.column_stack(columns),
            names=(EXPOSED, *names),
            outcome_label=self.label,
            weights=weights,
            cluster=cluster,
        )


def model_of(outcome: Outcome) -> OutcomeModel:
    """The model of an outcome of the study."""
    return OutcomeModel(outcome.words, bool(outcome.unit))
