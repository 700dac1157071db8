"""Methods of the designs of doses, in words: plans, what is modelled, and what they cannot see."""

from __future__ import annotations

from collections.abc import Iterator

from ehrivig.errors import many
from ehrivig.report import answer_daily
from ehrivig.study import Study
from ehrivig.study.plan import DosePlan
from ehrivig.study.registries.sensitivity import DOSE, named_in

_CLONED, _SIMULATED, _STRUCTURAL = named_in(DOSE)
_METRIC = {"dose_days": "the days with a dose so far", "grams": "the grams so far"}


def paragraphs(study: Study) -> list[str]:
    """One paragraph where any design of doses is asked for."""
    said = list(_said(study))
    return [" ".join(said)] if said else []


def _said(study: Study) -> Iterator[str]:
    plan = study.analysis
    asked = [name for name in named_in(DOSE) if name in plan.sensitivity]
    if not asked:
        return
    yield (
        "Dose and duration: follow-up is cut into days of 24 h from time zero; on each, severity "
        "is known first, then people die, leave the hospital alive, and are dosed, so that a dose "
        "acts from the next day on and one on the day of a death or of leaving counts for nothing. "
        "A day with an administration of unknown amount is of unknown amount. Models know the "
        f"covariates at time zero, {answer_daily.names(study)} as each day begins, and the doses "
        "so far."
    )
    if {_CLONED, _SIMULATED} & set(asked):
        plans = "; ".join(described(one) for one in plan.dose_plans)
        yield (
            f"Plans, the first against each other one: {plans}. Doses start within "
            f"{study.grace_hours:g} h, when they did of those who started then, whatever the "
            "severity; nothing is demanded of whoever has died or left."
        )
    if _CLONED in asked:
        yield (
            "Clone-censor-weight: everybody follows each plan until departing from it, and who "
            "stays is weighted by one over the modelled chance of that, untruncated."
        )
    if _SIMULATED in asked:
        yield (
            "Parametric g-formula: severity, leaving, dosing, amounts and death are modelled day "
            "by day, and everybody's course is simulated under each plan, and as nature has it "
            f"(the natural course, against the observed risk); deaths depend on "
            f"{_METRIC[plan.dose_metric]}."
        )
    if _STRUCTURAL in asked:
        yield (
            "Marginal structural model: stabilised weights for dosing and for leaving, the hazard "
            f"of death in the hospital by {_METRIC[plan.dose_metric]}."
        )
    yield (
        "All limits are percentiles of a bootstrap of people. What sends people to another dose "
        "and is not among these covariates, or changes within a day, biases every one of them."
    )


def described(plan: DosePlan) -> str:
    """A plan in words, after its name."""
    if plan.days_at_most == 0:
        return f"{plan.label or plan.name} (no dose)"
    days = f"on {many(plan.days_at_least, 'day')} running at least"
    if plan.days_at_most is not None:
        days += f", on {many(plan.days_at_most, 'day')} at most"
    low, high = plan.grams_per_day_at_least, plan.grams_per_day_at_most
    parts = [days]
    parts += [f"{low:g} g a day or more"] if low is not None else []
    parts += [f"{high:g} g a day or less"] if high is not None else []
    return f"{plan.label or plan.name} ({', '.join(parts)})"
