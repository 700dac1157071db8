"""Keys of an analysis that the study does not ask for, and bands and checks that split nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.errors import many
from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.lines import Path
from ehrivig.study.problem import shown
from ehrivig.study.registries import OUTCOMES
from ehrivig.study.registries.sensitivity import DOSE, MISSING_DATA, named_in, safe_designs

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_CODE = "unused_setting"
_PLANS = ("dose_clone_censor_weight", "dose_g_formula")
_OF_ANALYSIS = {
    "landmark_hours": ("landmark",),
    "grace_hours": ("clone_censor_weight", *_PLANS),
    "bootstrap": ("clone_censor_weight", *named_in(DOSE)),
    "learner": ("aipw_cross_fitted", "tmle_cross_fitted"),
    "dose_metric": ("dose_g_formula", "dose_structural_model"),
    **dict.fromkeys(
        ("large_scale_prevalence", "large_scale_until_hours", "large_scale_leave_out"),
        ("large_scale_score",),
    ),
}
"""Key of [analysis] -> the analyses that read it."""
_OF_GRACE = ("sequential_trials", "time_dependent_cox")
"""Answers whose negative controls are asked by clone-censor-weight, within grace."""


def unread_settings(study: Study) -> Iterator[Doubt]:
    """Every setting that nothing of the study reads, by what it is of."""
    for path, text in (*_of_analyses(study), *_of_others(study), *_of_bands(study)):
        yield Doubt(path, text, _CODE)
    yield from _of_a_death(study)
    yield from _horizons(study)


def _of_analyses(study: Study) -> Iterator[tuple[Path, str]]:
    plan, given = study.analysis, study.analysis.model_fields_set
    for key, names in _OF_ANALYSIS.items():
        if key == "grace_hours" and study.analysis.negative_controls and study.answer in _OF_GRACE:
            continue
        if key in given and not set(names) & {*plan.sensitivity, study.answer}:
            text = f"{_nothing(key)} without {' or '.join(names)} in sensitivity. {_OR_ASK}"
            yield ("analysis", key), text
    if "imputations" in given and not plan.asks_for(MISSING_DATA):
        text = f"{_nothing('imputations')} without multiple imputation. {_OR_ASK}"
        yield ("analysis", "imputations"), text
    for key in ("repeat_hours", "repeat_anchor"):
        if key in given and not plan.repeat_labs:
            yield ("analysis", key), f"{_nothing(key)} without repeat_labs. {_OR_ASK}"


_OR_ASK = "Remove it, or ask for that"


def _nothing(key: str) -> str:
    return f"nothing reads {key}"


def _of_others(study: Study) -> Iterator[tuple[Path, str]]:
    """Keys of the cohort, the gate and the prices."""
    rules = [criterion.rule for criterion in study.cohort.criteria]
    if "spline_knots" in study.match.model_fields_set and not study.match.splines:
        yield ("match", "spline_knots"), f"{_nothing('spline_knots')} without splines. {_OR_ASK}"
    late = study.cohort.time_zero == "severity_onset"
    if "severity" in study.cohort.model_fields_set and not late and "severity" not in rules:
        text = "nothing reads severity: no criterion is of rule severity. Add one, or remove it"
        yield ("cohort", "severity"), text
    again = rules.index("index_admission") + 1 if "index_admission" in rules else len(rules)
    for number in (n for n in range(again, len(rules)) if rules[n] == "index_admission"):
        text = "who is left is of one admission already: it excludes nobody. Remove it"
        yield ("cohort", "criteria", number, "rule"), text
    for check in study.quality.thresholds:
        if study.quality.severities.get(check) == "off":
            text = f"the check {check} is off, so its threshold is not read. Remove one of the two"
            yield ("quality", "thresholds", check), text
    if study.utilisation is not None and study.utilisation.price_per_g == {}:
        text = "holds no price, so no cost is given. Write a price, or remove it"
        yield ("utilisation", "price_per_g"), text


def _of_bands(study: Study) -> Iterator[tuple[Path, str]]:
    """Bands whose one group is empty whatever the data are."""
    for number, band in enumerate(study.exposure.bands):
        if not band.of_product:
            continue
        path = ("exposure", "bands", number)
        if band.feature == "standard":
            text = "the standard product is what others are compared with: it is in both groups"
            yield (*path, "feature"), f"{text}. Name another product type"
        if not 0 <= band.cut <= 1:
            text = (
                f"a product is given (1) or not (0): a cut at {band.cut:g} leaves one group empty"
            )
            yield (*path, "cut"), f"{text}. Write 0.5"


def _of_a_death(study: Study) -> Iterator[Doubt]:
    """Designs that follow people to a death, where the effect is asked of something else."""
    if OUTCOMES[study.primary.source].follow_up:
        return
    for number, name in enumerate(study.analysis.sensitivity):
        if name in safe_designs():
            yield Doubt(
                ("analysis", "sensitivity", number),
                f"{name} follows people to a death, and the primary outcome {study.primary.name} "
                "is none: its rows say only that. Remove it, or ask of a death",
                _CODE,
            )


def _horizons(study: Study) -> Iterator[Doubt]:
    """Deaths without a horizon, and landmarks and later values at the wrong end of time."""
    for number, outcome in enumerate(study.outcomes.variables):
        if outcome.source == "death" and outcome.within_days is None:
            yield Doubt(
                ("outcomes", "variables", number, "within_days"),
                f"{shown(outcome.label)} counts a death at any later time, for it has no horizon. "
                "Write within_days, such as within_days = 28",
                "no_horizon",
            )
    days, plan = study.primary.within_days, study.analysis
    for number, hours in enumerate(plan.landmark_hours):
        if days is not None and "landmark" in plan.sensitivity and hours >= days * 24:
            late = f"{hours:g} h is not before the horizon of {many(days, 'day')}"
            path = ("analysis", "landmark_hours", number)
            yield Doubt(path, f"{late}: nobody is followed on. Remove it", "cut_outside_range")
    if plan.repeat_labs and plan.repeat_hours[0] < 0:
        text = f"the later value is looked for from {plan.repeat_hours[0]:g} h on, which is before"
        text += " that from which it is timed. Begin at 0 or later"
        yield Doubt(("analysis", "repeat_hours"), text, "cut_outside_range")
