"""Weighted estimates beside the matched ones: IPTW, overlap weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ehrivig import weight
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.dataset import Floats, exposed, values
from ehrivig.stats.logistic import exposure_effect, logistic
from ehrivig.stats.result import Effect
from ehrivig.study import Study

ESTIMANDS: dict[str, weight.Estimand] = {"iptw": "ATE", "overlap": "ATO"}


def weighting(table: pl.DataFrame, score: Floats, study: Study, rows: EffectRows) -> None:
    """Weighted odds ratio of the primary outcome (HC0), for each weight that the study asks for.

    `score` (rows of table,) is the propensity score, NaN where a matching variable is missing.
    """
    contrast = f"{study.exposure.label} vs no {study.exposure.label}"
    event, arm = values(table, study.primary.name), exposed(table)
    known = ~np.isnan(event) & ~np.isnan(score)
    for name in study.analysis.sensitivity:
        if name not in ESTIMANDS:
            continue
        question = Question(
            "weighting",
            contrast,
            study.primary.name,
            "all",
            study.primary.event_label,
            adjusted=True,
        )

        def compute(estimand: weight.Estimand = ESTIMANDS[name]) -> Effect:
            made = weight.inverse_probability(
                arm[known],
                score[known],
                estimand,
                stabilised=estimand == "ATE",
            )
            fit = logistic(
                event[known],
                arm[known, None].astype(float),
                weights=made.weight,
                variance="HC0",
                names=["exposed"],
                event_label=study.primary.event_label,
            )
            effect = exposure_effect(fit, event[known], arm[known], "exposed", estimand=estimand)
            note = (
                f"{made.method}; effective sample size {made.effective_treated:.0f} and "
                f"{made.effective_control:.0f}; largest weight {made.largest:.1f}"
            )
            return replace(effect, notes=(*effect.notes, note))

        rows.ask(question, compute)
