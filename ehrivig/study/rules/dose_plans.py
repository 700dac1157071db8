"""Dose plans that nobody could follow, and designs of doses that could give no number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem, shown
from ehrivig.study.registries import OUTCOMES
from ehrivig.study.registries.sensitivity import DOSE, named_in

if TYPE_CHECKING:
    from ehrivig.study.plan import DosePlan
    from ehrivig.study.whole import Study

OF_PLANS = ("dose_clone_censor_weight", "dose_g_formula")
"""The designs that compare plans."""
_PLANS = ("analysis", "dose_plans")
_FEWEST_SAMPLES = 40
_HOURS_PER_DAY = 24
_NO = (None, None)


def impossible_doses(study: Study) -> Iterator[Problem]:
    """Plans that contradict themselves, are too few or not read, and what their designs need."""
    asked = [name for name in study.analysis.sensitivity if name in named_in(DOSE)]
    yield from _plans(study)
    if study.analysis.dose_plans and not set(asked) & set(OF_PLANS):
        text = f"nothing reads them. Add {' or '.join(OF_PLANS)} to sensitivity, or remove them"
        yield Problem(_PLANS, text)
    if asked:
        yield from _needs(study, asked[0])
    if set(asked) & set(OF_PLANS):
        yield from _of_plans(study, next(name for name in asked if name in OF_PLANS))


def _plans(study: Study) -> Iterator[Problem]:
    """What is wrong with a plan by itself, and two by the same words."""
    labels: dict[str, str] = {}
    for number, plan in enumerate(study.analysis.dose_plans):
        path = (*_PLANS, number)
        if reason := _contradiction(plan):
            yield Problem(path, f"{shown(plan.name)}: {reason}")
        words = plan.label or plan.name
        if words in labels:
            text = f"{shown(labels[words])} is called {shown(words)} as well. Rename one"
            yield Problem((*path, "label"), text)
        labels.setdefault(words, plan.name)


def _contradiction(plan: DosePlan) -> str:
    """Why nobody could follow a plan, and what to write."""
    least, most = plan.days_at_least, plan.days_at_most
    low, high = plan.grams_per_day_at_least, plan.grams_per_day_at_most
    if most == 0:
        if least > 0 and "days_at_least" in plan.model_fields_set:
            return f"days_at_least {least} is above days_at_most 0. Write days_at_least = 0: never"
        if (low, high) != _NO:
            return "days_at_most = 0 is never to dose, and grams are asked for. Remove one"
        return ""
    if least < 1:
        return "days_at_least is 0. Write 1 or more, or days_at_most = 0 for never"
    if most is not None and most < least:
        return f"days_at_least {least} is above days_at_most {most}. Mend one of the two"
    if low is not None and high is not None and high < low:
        text = f"grams_per_day_at_least {low:g} is above grams_per_day_at_most {high:g}"
        return f"{text}. Mend one of the two"
    return ""


def _needs(study: Study, design: str) -> Iterator[Problem]:
    """What every design of doses needs."""
    path = ("analysis", "sensitivity")
    if not OUTCOMES[study.primary.source].follow_up:
        text = f"{design} follows people to a death, and the primary outcome {study.primary.name} "
        yield Problem(path, f"{text}is none. Remove it, or ask of a death")
        return
    if not study.analysis.time_varying:
        text = (
            f"{design} needs time_varying: who is dosed on, and how much, goes with how sick they "
            'are by then. Add time_varying = ["sofa"], or remove it'
        )
        yield Problem(path, text)
    if study.analysis.bootstrap < _FEWEST_SAMPLES:
        text = (
            f"{design} has the limits of its interval from bootstrap samples, and fewer than "
            f"{_FEWEST_SAMPLES} have no limits at 95%. Write bootstrap = 500"
        )
        yield Problem(("analysis", "bootstrap"), text)
    end = study.exposure.end_hours
    if end is not None and end <= 0:
        text = f"{design} follows doses from time zero on, and the exposure window closes by then"
        yield Problem(path, f"{text}. Remove it, or let the window stay open")


def _of_plans(study: Study, design: str) -> Iterator[Problem]:
    """What the designs that compare plans need besides."""
    plan, grace = study.analysis, study.grace_hours
    if len(plan.dose_plans) < 2:
        text = f"{design} compares the first plan with each other one. Write two or more"
        yield Problem(_PLANS, f"{text}: [[analysis.dose_plans]]")
    if grace % _HOURS_PER_DAY:
        near = max(round(grace / _HOURS_PER_DAY), 1) * _HOURS_PER_DAY
        text = f"{grace:g} h are no whole days, in which {design} counts. Write {near}"
        yield Problem(("analysis", "grace_hours"), text)
    elif grace >= study.horizon_days * _HOURS_PER_DAY:
        text = f"{design} gives people {grace:g} h to start, and follows them no longer"
        yield Problem(("analysis", "grace_hours"), f"{text}. Write fewer, or a longer within_days")
    of_grams = [
        p.name
        for p in plan.dose_plans
        if (p.grams_per_day_at_least, p.grams_per_day_at_most) != _NO
    ]
    if "dose_g_formula" in plan.sensitivity and of_grams and plan.dose_metric == "dose_days":
        text = (
            f"by days with a dose dose_g_formula cannot tell apart how much is given on them "
            f'({", ".join(of_grams)}). Write dose_metric = "grams", or leave grams out'
        )
        yield Problem(("analysis", "dose_metric"), text)
