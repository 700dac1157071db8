"""A summary of findings as GRADE asks for it: absolute effects, and what speaks to each domain.

What can be computed is computed; the certainty itself is a judgement, which nobody makes here.
Sources: Guyatt et al. 2011 (J Clin Epidemiol 64:383-94); Cochrane Handbook 6.4, 10.10.2, 14.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.meta import words
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.pooled import Plan, Pooled, pool
from ehrivig.meta.risk_of_bias import RiskOfBias
from ehrivig.meta.study_data import Counts, StudyData

PER = 1000
_I2_WORDS = (
    (0.30, "may not be important"),
    (0.50, "may be moderate"),
    (0.75, "may be substantial"),
    (1.01, "is considerable"),
)
"""Of the Handbook, whose ranges overlap: the lower bound of the next one is taken."""


@dataclass(frozen=True)
class Absolute:
    """Events per 1,000: of the controls of the trials together, and of the treated by the effect.

    `difference`, `lo`, `hi`: treated less control, and its interval.
    """

    control: float
    treated: float
    difference: float
    lo: float
    hi: float

    @property
    def limits(self) -> tuple[float, float]:
        """The limits of the difference."""
        return self.lo, self.hi


@dataclass(frozen=True)
class Finding:
    """What speaks to one domain of GRADE, in a sentence."""

    domain: str
    said: str


def absolute(data: StudyData, pooled: Pooled) -> Absolute | None:
    """The pooled effect at the risk of all controls together; None where there is none."""
    if not isinstance(data, Counts) or without_absolute(data, pooled):
        return None
    control = _control(data)
    risks = [
        _risk(pooled.plan.measure, effect, control)
        for effect in (pooled.estimate, pooled.lo, pooled.hi)
    ]
    treated, lo, hi = (min(max(risk, 0.0), 1.0) for risk in risks)
    return Absolute(
        PER * control,
        PER * treated,
        PER * (treated - control),
        PER * (lo - control),
        PER * (hi - control),
    )


def without_absolute(data: StudyData, pooled: Pooled) -> str:
    """Why counts have no absolute effect: nothing times no event is nothing; else empty."""
    if not isinstance(data, Counts) or pooled.plan.measure == "RD":
        return ""
    measure, control = pooled.plan.measure, _control(data)
    if control == 0 or (control == 1 and measure != "RR"):
        who = "no control" if control == 0 else "every control"
        return f"{who} had the event: the {measure} says nothing of how many more. Use --measure RD"
    return ""


def _control(data: Counts) -> float:
    """The risk of the controls of all studies together."""
    return float(data.events_control.sum() / data.n_control.sum())


def _risk(measure: str, effect: float, control: float) -> float:
    """The risk of the treated by an effect at a risk of the controls."""
    if measure == "RD":
        return control + effect
    if measure == "RR":
        return effect * control
    odds = effect * control / (1 - control)
    return odds / (1 + odds) if np.isfinite(odds) else 1.0


def findings(
    data: StudyData,
    effects: EffectSizes,
    pooled: Pooled,
    judged: RiskOfBias | None,
    asymmetry_p: float | None,
) -> tuple[Finding, ...]:
    """One sentence for each of the five domains. `asymmetry_p`: of Egger's test, where made."""
    return (
        Finding("Risk of bias", " ".join(_of_bias(data, pooled, judged))),
        Finding("Inconsistency", _inconsistency(pooled)),
        Finding("Indirectness", "to be judged: whether people, drug and outcome are those asked"),
        Finding("Imprecision", _imprecision(data, effects, pooled)),
        Finding("Publication bias", _publication(effects, asymmetry_p)),
    )


def _of_bias(data: StudyData, pooled: Pooled, judged: RiskOfBias | None) -> Iterator[str]:
    if judged is None:
        yield "not judged: no column rob_overall or rob_<domain>"
        return
    low, high = judged.weight_at(pooled.weights)
    yield f"{words.percent(low)} of the weight at low risk, {words.percent(high)} at high;"
    rest = np.flatnonzero(~judged.high)
    if not judged.high.any():
        yield "no study is at high risk"
    elif (others := _pool_of(data, pooled.plan, rest)) is None:
        yield "without these too few studies are left"
    else:
        digits = words.digits_for(others.measure, abs(others.estimate))
        shown = words.interval(others.estimate, others.lo, others.hi, digits)
        yield f"without these {shown} over {words.studies(others.k)}"


def _pool_of(data: StudyData, plan: Plan, rows: np.ndarray) -> Pooled | None:
    """The pool of some studies; None where fewer than two can be pooled."""
    if len(rows) < 2:
        return None
    try:
        pooled = pool(data.take(rows), plan)
    except AnalysisError:
        return None
    return pooled if pooled.k > 1 else None


def _inconsistency(pooled: Pooled) -> str:
    spread = pooled.dispersion
    if not spread.q_df:
        return "one study: nothing to compare"
    degree = next(word for limit, word in _I2_WORDS if spread.i2 < limit)
    said = f"I² {words.percent(spread.i2)} ({degree}), p of Q {words.p_value(spread.q_p)}"
    if np.isfinite(pooled.pi_lo):
        null = pooled.measure.null
        holds = "holds" if pooled.pi_lo <= null <= pooled.pi_hi else "leaves out"
        said += f"; the prediction interval {holds} no effect"
    return said


def _imprecision(data: StudyData, effects: EffectSizes, pooled: Pooled) -> str:
    null = pooled.measure.null
    holds = "holds" if pooled.lo <= null <= pooled.hi else "leaves out"
    said = f"the interval {holds} no effect"
    if isinstance(data, Counts):
        events = (data.events_treated + data.events_control)[effects.estimable]
        people = data.n[effects.estimable]
        said += f"; {int(events.sum())} events among {int(people.sum())} people"
    return said


def _publication(effects: EffectSizes, asymmetry_p: float | None) -> str:
    if asymmetry_p is None:
        k = int(effects.estimable.sum())
        return f"not to be tested ({words.studies(k)}; ten are needed)"
    return f"Egger's test p {words.p_value(asymmetry_p)}"
