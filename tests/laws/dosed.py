"""The designs of doses, as the laws call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.dose_plans import (
    DosePlan,
    dose_clone_censor_weight,
    dose_days,
    dose_structural_model,
)
from tests.laws.estimator import FOLLOWED, Call, Estimator, Numbers, effect
from tests.laws.rows import Rows
from tests.laws.time_zero import signed


def with_doses(design: Callable[..., Any]) -> Callable[..., Any]:
    """A design of doses, from arrays."""

    def run(time: Any, event: Any, grams: Any, x: Any, **more: Any) -> Any:
        leaves = np.full(len(time), np.nan)
        days = dose_days(time, event, leaves, grams, x, horizon_days=6)
        return design(days, **{"bootstraps": 40, "seed": 3, **more})

    return signed(run, design, ("time", "event", "grams", "x"))


def dosed_days(rows: Rows, **more: Any) -> Call:
    """5 g on up to three days from the first or second on, by arm and value."""
    begins = np.where(rows.value > np.median(rows.value), 0, 1)
    lasts = 1 + (rows.weights.astype(int) + begins) % 3
    since = np.arange(6) - begins[:, None]
    given = (since >= 0) & (since < lasts[:, None]) & (rows.arm[:, None] == 1)
    return (rows.time * 24, rows.event, given * 5.0, rows.x), more


PLANS = (DosePlan("dosed"), DosePlan("never", days_at_most=0))


def first_contrast(found: Any) -> Numbers:
    """Of the first plan and the next, or the reason why there is none."""
    if isinstance(found[0], AnalysisError):
        raise found[0]
    return effect(found[0][0])


DRAWN = {
    "order": "the bootstrap draws row numbers",
    "missing": "NaN is a dose of unknown amount",
    "time_unit": "its grace, windows and horizons are in hours",
}

DOSED = (
    Estimator(
        "dose plans, clone-censor-weight",
        with_doses(dose_clone_censor_weight),
        lambda r: dosed_days(r, plans=PLANS, horizon_days=6),
        first_contrast,
        "",
        FOLLOWED,
        coherent=False,
        also=(dose_clone_censor_weight, dose_days),
        exempt=DRAWN,
    ),
    Estimator(
        "dose so far, structural model",
        with_doses(dose_structural_model),
        dosed_days,
        lambda found: effect(found.effect),
        "",
        FOLLOWED,
        coherent=False,
        also=(dose_structural_model,),
        exempt=DRAWN,
    ),
)
