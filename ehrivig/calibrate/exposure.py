"""What the exposed of a simulated world are given, and what else the analyses read of them."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.concepts import bands
from ehrivig.dataset import Floats
from ehrivig.study import Study


def variables_read(study: Study) -> tuple[str, ...]:
    """Every variable that an analysis of the study reads."""
    groups = (s.variable for s in study.analysis.subgroups)
    outcomes = (v.name for v in study.outcomes.variables)
    names = (*study.match.covariates, *study.analysis.adjust, *groups, *outcomes)
    return tuple(dict.fromkeys(names))


def dosing(start: Floats, end: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """Dosing features of the exposed (NaN for the others): none of them changes the risk.

    The planned duration is cut short by death; a planned rise of the daily dose comes only to those
    who live to see it.
    """
    n = len(start)
    planned = np.exp(np.log(9) + 0.7 * rng.standard_normal(n))
    lived = np.minimum(planned, end - start)
    days = np.ceil(lived)
    rise = np.where(rng.random(n) < 0.5, np.exp(np.log(4) + 0.7 * rng.standard_normal(n)), np.inf)
    base = rng.choice([5.0, 10.0], n)
    daily = np.where(np.isnan(start), np.nan, np.where(rise < lived, 2 * base, base))
    return {
        "hours_to_first_dose": start * 24,
        "duration_days": days,
        "n_dose_days": days,
        "max_daily_g": daily,
        "mean_daily_g": daily,
        "total_g": daily * days,
        "total_g_per_kg": daily * days / 65,
        "max_daily_g_per_kg": daily / 65,
        "dose_complete": np.ones(n, dtype=bool),
    }


def products(study: Study, exposed: np.ndarray, rng: np.random.Generator) -> dict[str, pl.Series]:
    """The product of the exposed, of those that the study holds apart: none changes the risk."""
    apart = {band.feature for band in study.exposure.bands if band.of_product}
    if not apart:
        return {}
    drawn = rng.choice(sorted({bands.STANDARD, *apart}), len(exposed))
    given = [str(name) if is_given else None for name, is_given in zip(drawn, exposed, strict=True)]
    return {"product_type": pl.Series(given, dtype=pl.String)}
