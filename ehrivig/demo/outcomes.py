"""Who dies when, who starts IVIG when, and what the drug does: the model behind the demo's truth.

With covariates X (age, APACHE II, SOFA, diabetes, hypertension, cardiac disease, fever) every
severe patient has, if never treated, a time of death T0 with P(T0 <= 28 d | X) = expit(eta(X)).
Some patients are planned to start IVIG, at time S after admission; S depends on X. Given X neither
the plan nor S depends on T0, so there is no unmeasured confounding. Planned patients with T0 < S
die before the first dose and are seen as unexposed (`victims` of immortal time). From S on the
drug adds `effect_log_or` to the log-odds of death by day 28 given X, S and T0 > S.

The published margins describe the arms as seen, so the model is run backwards: exposed patients
first, then the victims that must go with them, in the numbers that X, S and T0 imply, then the
others. A single pair of constants (INTERCEPT, CONFOUNDING) makes both arms' expected deaths
equal the published ones with no effect of the drug.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.demo import margins
from ehrivig.demo.margins import CONTROL, IVIG, Floats

Columns = dict[str, NDArray[Any]]

INTERCEPT = -1.6866
CONFOUNDING = 0.8953
_SHAPE, _SCALE_DAYS = 1.35, 13.0  # of the time of death, given death by day 28: assumed
_FIRST_DAY, _LAST_DAY = 0.15, 27.9  # deaths keep clear of both edges: no rounding moves one
_START_MEDIAN_DAYS, _START_SD, _START_SLOPE = 1.75, 0.8, 0.3
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(20)


def risk_score(patients: pl.DataFrame) -> Floats:
    """eta(X): the log-odds of death within 28 days without IVIG."""
    x = {name: patients[name].to_numpy().astype(np.float64) for name in _RISK}
    chronic = 1.0 * x["fever"] + 0.6 * x["hypertension"] + 0.4 * x["chronic_cardiac_disease"]
    return np.asarray(
        INTERCEPT
        + 0.30 * (x["age"] - 63) / 10
        + 0.30 * (x["apache_ii"] - 8) / 3
        + 0.40 * (x["sofa"] - 2.5) / 1.5
        + 0.35 * x["diabetes"]
        + CONFOUNDING * chronic
    )


_RISK = (
    "age",
    "apache_ii",
    "sofa",
    "diabetes",
    "hypertension",
    "chronic_cardiac_disease",
    "fever",
)


def expit(x: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-x)))


def death_by(days: Floats) -> Floats:
    """P(T0 <= days | T0 <= 28): a Weibull cut to the days in which the model lets patients die."""
    return np.asarray((_weibull(np.clip(days, _FIRST_DAY, _LAST_DAY)) - _LOW) / (_HIGH - _LOW))


def _weibull(days: Floats) -> Floats:
    return np.asarray(1 - np.exp(-((days / _SCALE_DAYS) ** _SHAPE)))


_LOW = float(_weibull(np.array([_FIRST_DAY]))[0])
_HIGH = float(_weibull(np.array([_LAST_DAY]))[0])


def death_time(u: Floats) -> Floats:
    """The day of death at each quantile u of `death_by`."""
    proportion = _LOW + u * (_HIGH - _LOW)
    return np.asarray(_SCALE_DAYS * (-np.log1p(-proportion)) ** (1 / _SHAPE))


def start_time(eta: Floats, z: Floats) -> Floats:
    """The planned day of the first dose at normal score z; sicker patients start later."""
    centre = math.log(_START_MEDIAN_DAYS) + _START_SLOPE * (eta + 0.4)
    return np.clip(np.exp(centre + _START_SD * z), 0.04, 20.0)


def risk_after_start(eta: Floats, start: Floats) -> Floats:
    """P(T0 <= 28 | X, T0 > S): the risk without the drug of those who live to the start."""
    risk, early = expit(eta), death_by(start)
    return np.asarray(risk * (1 - early) / (1 - risk * early))


def with_drug(risk: Floats, effect_log_or: float) -> Floats:
    """The same risk with the drug: its log-odds moved by the effect."""
    return np.asarray(risk * np.exp(effect_log_or) / (1 - risk + risk * np.exp(effect_log_or)))


def risk_difference(eta: Floats, effect_log_or: float) -> Floats:
    """Each patient's expected effect on 28-day death of "start at S" against "never".

    Averaged over S given X by Gauss-Hermite quadrature; 0 for those who would die before S.
    """
    total = np.zeros(len(eta))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        start = start_time(eta, np.full(len(eta), node))
        alive = 1 - expit(eta) * death_by(start)
        risk = risk_after_start(eta, start)
        total += weight * alive * (with_drug(risk, effect_log_or) - risk)
    return np.asarray(total / _WEIGHTS.sum())


def early_death(eta: Floats) -> Floats:
    """P(T0 < S | X): the chance of a planned patient to die before the first dose."""
    total = np.zeros(len(eta))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        total += weight * death_by(start_time(eta, np.full(len(eta), node)))
    return np.asarray(expit(eta) * total / _WEIGHTS.sum())


def choose_victims(exposed: pl.DataFrame, controls: int, rng: np.random.Generator) -> margins.Ints:
    """Row numbers of the exposed patients like whom someone died before the planned first dose.

    For each exposed patient q / (1 - q) such deaths are expected, q = P(T0 < S | X).
    """
    q = early_death(risk_score(exposed))
    expected = q / (1 - q)
    count = math.floor(expected.sum() + rng.random()) if len(q) else 0
    count = min(count, controls)
    if count == 0:
        return np.empty(0, dtype=np.int64)
    return rng.choice(len(q), size=count, replace=True, p=expected / expected.sum())


def exposed_course(
    patients: pl.DataFrame,
    members: tuple[int, int],
    effect_log_or: float,
    rng: np.random.Generator,
) -> Columns:
    """Start of IVIG, death within 28 days and its day, of the exposed patients."""
    eta = risk_score(patients)
    start = _start_before_death(eta, rng)
    untreated = risk_after_start(eta, start)
    risk = with_drug(untreated, effect_log_or)
    rounding = rng.random()  # drawn in any case: another effect leaves all else as it is
    if effect_log_or == 0:
        deaths = margins.quota(margins.DEATH_28D.n(IVIG), margins.ARM_SIZE[IVIG], *members)
    else:
        deaths = math.floor(risk.sum() + rounding)
    died = margins.top(np.log(risk / (1 - risk)) + rng.logistic(size=len(eta)), deaths)
    early = death_by(start)
    day = death_time(early + (1 - early) * rng.random(len(eta)))
    return {"start_day": start, "died_28d": died, "death_day": day, "risk": untreated}


def _start_before_death(eta: Floats, rng: np.random.Generator) -> Floats:
    """S given X and T0 > S, by rejection."""
    start = np.empty(len(eta))
    open_rows = np.arange(len(eta))
    while len(open_rows):
        tried = start_time(eta[open_rows], rng.standard_normal(len(open_rows)))
        accepted = rng.random(len(open_rows)) >= expit(eta[open_rows]) * death_by(tried)
        start[open_rows[accepted]] = tried[accepted]
        open_rows = open_rows[~accepted]
    return start


def control_course(
    patients: pl.DataFrame, victims: int, members: tuple[int, int], rng: np.random.Generator
) -> Columns:
    """Death within 28 days and its day, of the unexposed; the first `victims` of them die early."""
    eta = risk_score(patients)
    n = len(eta)
    deaths = margins.quota(margins.DEATH_28D.n(CONTROL), margins.ARM_SIZE[CONTROL], *members)
    score = eta + rng.logistic(size=n)
    score[:victims] = np.inf
    died = margins.top(score, max(deaths, victims))
    day = death_time(rng.random(n))
    day[:victims] = _death_before_start(eta[:victims], rng)
    return {
        "start_day": np.full(n, np.nan),
        "died_28d": died,
        "death_day": day,
        "risk": expit(eta),
    }


def _death_before_start(eta: Floats, rng: np.random.Generator) -> Floats:
    """T0 given X and T0 < S, by rejection."""
    day = np.empty(len(eta))
    open_rows = np.arange(len(eta))
    while len(open_rows):
        early = death_by(start_time(eta[open_rows], rng.standard_normal(len(open_rows))))
        accepted = rng.random(len(open_rows)) < early
        day[open_rows[accepted]] = death_time(early * rng.random(len(open_rows)))[accepted]
        open_rows = open_rows[~accepted]
    return day
