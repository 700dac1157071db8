"""The primary outcome hospital by hospital, pooled over hospitals, and leaving one out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.analysis.outcome_model import EXPOSED, model_of
from ehrivig.analysis.sample import Rematch, Sample, matched_effect
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.hospitals import HospitalPool, pool_hospitals
from ehrivig.meta.pooled import Pooled
from ehrivig.stats.regression.gee import gee
from ehrivig.stats.regression.logistic import exposure_effect
from ehrivig.stats.regression.mixed import mixed
from ehrivig.stats.result import Effect
from ehrivig.study import Study

SCORE = "propensity_logit"
_COMMON = "one effect for every hospital: no difference between hospitals is in its interval"


@answers("hospital")
def by_hospital(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "hospital": each hospital and the pool, then everybody but each hospital.

    A hospital's estimate is adjusted for the logit of the score, which stays possible where a
    hospital is too small for all covariates. Hospitals divide one population: where one is too
    small to show its counts, none does.
    """
    table = sample.table
    hospitals = table["hospital_id"].unique().sort().to_list()
    asked = study.analysis.sensitivity
    if study.analysis.pool_hospitals:
        _pooled(_scored(table, sample.score), hospitals, study, rows)
    for name, compute in (("gee", _averaged), ("mixed_model", _own_levels)):
        if name in asked:
            question = replace(_question(study, "all hospitals"), split="")
            rows.ask(question, partial(compute, _scored(table, sample.score), study))
    if "leave_one_hospital_out" in asked:
        for name in hospitals:
            question = _question(study, f"all but hospital {name}")
            rest = table.filter(pl.col("hospital_id") != name)
            rows.ask(question, partial(_matched_again, rest, study, sample.rematch))


def _question(study: Study, population: str) -> Question:
    primary = study.primary
    return Question(
        "hospital",
        versus(study),
        primary.name,
        population,
        primary.event_label,
        adjusted=True,
        split="hospital",
    )


def _scored(table: pl.DataFrame, score: Floats) -> pl.DataFrame:
    """Admissions with a score, with its logit."""
    logit = np.log(score) - np.log1p(-score)
    return table.with_columns(pl.Series(SCORE, logit)).filter(pl.col(SCORE).is_finite())


def _pooled(table: pl.DataFrame, hospitals: list[str], study: Study, rows: EffectRows) -> None:
    """Each hospital, the random-effects and common-effect pool, and the one-stage estimate."""
    found: dict[str, Effect] = {}

    def one(name: str) -> Effect:
        found[name] = _of_hospital(table.filter(pl.col("hospital_id") == name), study)
        return found[name]

    for name in hospitals:
        rows.ask(_question(study, f"hospital {name}"), partial(one, name))
    question = replace(_question(study, "all hospitals"), split="")
    measure = model_of(study.primary).measure
    rows.ask(question, lambda: _pool(hospitals, found, measure))
    rows.ask(question, lambda: _one_stage(table, hospitals, study))


def _of_hospital(people: pl.DataFrame, study: Study) -> Effect:
    """The effect in one hospital, given the logit of the score."""
    y, score = values(people, study.primary.name), values(people, SCORE)[:, None]
    effect, fit = model_of(study.primary).adjusted(
        y, exposed(people), score, (SCORE,), "conditional on the score"
    )
    return replace(effect, method=f"{fit.method}, adjusted for the logit of the score")


def _pool(hospitals: list[str], found: dict[str, Effect], measure: str) -> list[Effect]:
    """Random effects (REML, Hartung-Knapp) and common effect, with what they left out."""
    columns = {
        name: np.array([getattr(found.get(h), name, np.nan) for h in hospitals], dtype=np.float64)
        for name in ("estimate", "lo", "hi", "se")
    }
    try:
        pool = pool_hospitals(
            hospitals,
            columns["estimate"],
            columns["lo"],
            columns["hi"],
            se=columns["se"],
            measure=measure,
        )
    except UsageError as error:  # fewer than two estimates: no mistake of the user's here
        raise AnalysisError(str(error)) from None
    first = next(iter(found.values()))
    shown = replace(
        first,
        n_exposed=sum(e.n_exposed for e in found.values()),
        events_exposed=sum(e.events_exposed for e in found.values()),
        n_control=sum(e.n_control for e in found.values()),
        events_control=sum(e.events_control for e in found.values()),
    )
    return [
        _pool_effect(shown, pool.random, "random effects (REML) over hospitals", _words(pool)),
        _pool_effect(shown, pool.common, "common effect over hospitals", ()),
    ]


def _pool_effect(like: Effect, pooled: Pooled, method: str, notes: tuple[str, ...]) -> Effect:
    knapp = pooled.plan.ci == "hksj"
    return replace(
        like,
        estimate=pooled.estimate,
        lo=pooled.lo,
        hi=pooled.hi,
        se=pooled.se,
        p=pooled.p,
        method=f"{method}, k = {pooled.k}",
        variance="Hartung-Knapp" if knapp else "inverse variance",
        notes=notes,
    )


def _words(pool: HospitalPool) -> tuple[str, ...]:
    """Heterogeneity, the prediction interval, and how far a single hospital moves the pool."""
    r = pool.random
    words = [f"I2 {100 * r.dispersion.i2:.0f}%, tau2 {r.tau2:.3g}"]
    if np.isfinite(r.pi_lo):
        words.append(f"prediction interval {r.pi_lo:.3g} to {r.pi_hi:.3g}")
    without = [
        (p.estimate, name) for p, name in zip(pool.leave_one_out, pool.hospitals, strict=True) if p
    ]
    if without:
        (low, a), (high, b) = min(without), max(without)
        words.append(f"pool {low:.3g} without {a} to {high:.3g} without {b}")
    return (*words, *pool.notes)


def _one_stage(table: pl.DataFrame, hospitals: list[str], study: Study) -> Effect:
    """All hospitals in one model, each with an intercept of its own, and one effect for all.

    Where effects differ between hospitals its interval is too narrow (80 to 86% for 95%, with a
    standard deviation of 0.4 between log odds ratios): that of the random effects is not.
    """
    known = table.filter(pl.col(study.primary.name).is_not_null())
    event, arm = values(known, study.primary.name), exposed(known)
    present = [h for h in hospitals if h in set(known["hospital_id"])]
    own = [(known["hospital_id"] == h).to_numpy().astype(float) for h in present[1:]]
    x = np.column_stack([values(known, SCORE), *own])
    names = (SCORE, *(f"hospital {h}" for h in present[1:]))
    effect, fit = model_of(study.primary).adjusted(event, arm, x, names, "conditional on the score")
    return replace(
        effect,
        method=f"one stage, common effect: {fit.method}, score and hospital in the model",
        notes=(*effect.notes, _COMMON),
    )


def _averaged(table: pl.DataFrame, study: Study) -> Effect:
    """The odds ratio in the whole population, hospitals as clusters of people who are alike."""
    if model_of(study.primary).number:
        raise AnalysisError("GEE is of what happens or not; of a number see mixed_model")
    known, event, arm, x = _of_known(table, study)
    fit = gee(event, x, known, names=(EXPOSED, SCORE), event_label=study.primary.event_label)
    effect = exposure_effect(fit, event, arm, EXPOSED, estimand="population averaged")
    return replace(effect, method=f"{fit.method}, score in the model", notes=fit.notes)


def _own_levels(table: pl.DataFrame, study: Study) -> Effect:
    """The mean difference, every hospital with a level of its own from one distribution."""
    model = model_of(study.primary)
    if not model.number:
        raise AnalysisError("the mixed model is of a number; of what happens or not see gee")
    known, y, arm, x = _of_known(table, study)
    fit = mixed(y, x, known, names=(EXPOSED, SCORE), outcome_label=model.label)
    effect = fit.effect(EXPOSED, arm, estimand="conditional on the score")
    return replace(effect, method=f"{fit.method}, score in the model")


def _of_known(
    table: pl.DataFrame, study: Study
) -> tuple[NDArray[np.str_], Floats, NDArray[np.bool_], Floats]:
    """Hospital, primary outcome, arm, and arm beside score, of those whose outcome is known."""
    known = table.filter(pl.col(study.primary.name).is_not_null())
    if known["hospital_id"].n_unique() < 2:
        raise AnalysisError("one hospital: there are no hospitals to tell apart")
    arm = exposed(known)
    x = np.column_stack([arm.astype(float), values(known, SCORE)])
    return known["hospital_id"].to_numpy(), values(known, study.primary.name), arm, x


def _matched_again(rest: pl.DataFrame, study: Study, rematch: Rematch) -> Effect:
    """Scored and matched without one hospital."""
    matched, _ = rematch(rest)
    return matched_effect(matched, study)
