"""Follow-up that ends in several ways: one cause of interest, the others compete with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.dataset import Floats
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, Effect
from ehrivig.stats.survival.competing import cause_specific_cox
from ehrivig.stats.survival.cox import CoxFit
from ehrivig.stats.survival.fine_gray import FineGrayFit, fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test

Fit = TypeVar("Fit", FineGrayFit, CoxFit)


@dataclass(frozen=True)
class Ends:
    """How follow-up ended, of n people. `time` (n,) days; `status` (n,) 0 censored, else the cause.

    `entry` (n,): from when on they were watched, where that is later than time zero; `pair` (n,):
    matched pairs, on which variances are clustered.
    """

    time: Floats
    status: np.ndarray
    arm: BoolArray
    entry: Floats | None = None
    pair: np.ndarray | None = None


def competing_effects(
    rows: EffectRows, question: Question, ends: Callable[[], Ends], cause: int, label: str
) -> None:
    """Subdistribution and cause-specific hazard ratio of one cause."""

    def fitted(known: Ends, model: Callable[..., Fit]) -> Fit:
        return model(
            known.time,
            known.status,
            known.arm[:, None].astype(float),
            cause=cause,
            entry=known.entry,
            cluster=known.pair,
            names=["exposed"],
            event_label=label,
        )

    def subdistribution() -> Effect:
        known = ends()
        fit = fitted(known, fine_gray)
        late = () if known.entry is None else ("entry at admission (left truncation)",)
        return replace(fit.effect("exposed", known.arm), notes=(grays_test(known, cause), *late))

    def cause_specific() -> Effect:
        known = ends()
        fit = fitted(known, cause_specific_cox)
        late = () if known.entry is None else ("entry at admission",)
        return fit.effect("exposed", known.arm, notes=(*late, schoenfeld(fit)))

    rows.ask(question, subdistribution)
    rows.ask(question, cause_specific)


def schoenfeld(fit: CoxFit) -> str:
    """The test that the hazard ratio is the same at all times, in words."""
    try:
        test = proportional_hazards_test(fit)
    except AnalysisError as error:
        return f"proportional hazards not tested: {error}"
    return f"proportional hazards (Schoenfeld) p = {test.global_p:.4g}"


def grays_test(ends: Ends, cause: int) -> str:
    """The test that both arms share one incidence of a cause, in words."""
    try:
        test = gray_test(ends.time, ends.status, ends.arm, cause=cause, entry=ends.entry)
    except AnalysisError as error:
        return f"Gray's test not made: {error}"
    return f"Gray's test p = {test.p:.4g}"
