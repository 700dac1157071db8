"""Each question that a referee answers, put to the package: numbers by name, from a data set."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ehrivig.meta import (
    Counts,
    Plan,
    effect_sizes,
    egger_test,
    peters_test,
    pool,
    trim_and_fill,
)
from ehrivig.stats.balance import balance
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.logistic_fit import predicted
from ehrivig.stats.regression.standardise import g_computation
from ehrivig.stats.survival.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.tables import rank
from ehrivig.stats.tables.contingency import fisher_exact, pearson_chi_square
from ehrivig.stats.timezero import follow_up, nested_trials
from ehrivig.stats.weighting.weight import entropy_balance, inverse_probability
from tests.laws.rows import KNOWN
from tests.parity.peers import starters

Table = dict[str, np.ndarray]
Numbers = dict[str, Any]


def others(d: Table) -> list[np.ndarray]:
    return [d[k] for k in [c for c in d if c not in KNOWN][:3]]


def x_of(d: Table) -> np.ndarray:
    return np.column_stack([d["arm"], *others(d)])


def regression(d: Table, **options: Any) -> Numbers:
    fit = logistic(d["event"], x_of(d), **options)
    return {"coef": fit.coef, "se": fit.se}


def weighted(d: Table) -> Numbers:
    return regression(d, weights=1 + np.arange(1, len(d["event"]) + 1) % 3, variance="HC0")


def hazard(d: Table, **options: Any) -> Numbers:
    fit = cox(d["time"], d["event"], x_of(d), entry=d.get("entry"), **options)
    return {"coef": fit.coef, "se": fit.se}


def curve(d: Table, times: Any) -> Numbers:
    at = kaplan_meier(d["time"], d["event"], entry=d.get("entry")).curves[0].at(times)
    return {"survival": at.survival, "lower": at.lower, "upper": at.upper}


def incidence(d: Table, times: Any) -> Numbers:
    at = cumulative_incidence(d["time"], d["status"]).curve(1).at(times)
    return {"incidence": at.incidence, "variance": at.variance}


def subdistribution(d: Table) -> Numbers:
    fit = fine_gray(d["time"], d["status"], x_of(d))
    return {"coef": fit.coef, "se": fit.se}


def welch(d: Table) -> Numbers:
    value, on = others(d)[0], d["arm"] == 1
    test = rank.t_test(value[on], value[~on])
    return {"ci": [test.lo, test.hi], "p": test.p}


def kruskal(d: Table) -> Numbers:
    value, on = others(d)[0], d["arm"] == 1
    return {"p": rank.kruskal_wallis([value[on], value[~on]]).p}


def ancova(d: Table) -> Numbers:
    baseline, outcome = others(d)[:2]
    found = rank.ancova(outcome, baseline, d["arm"])
    return {"estimate": found.difference, "se": found.se}


def two_by_two(d: Table) -> list[list[int]]:
    return [[int(((d["arm"] == a) & (d["event"] == e)).sum()) for e in (0, 1)] for a in (0, 1)]


def firth_of_exposure(d: Table) -> Numbers:
    fit = logistic(d["event"], x_of(d), firth=True)
    log = {"lower": math.log(fit.lo[1]), "upper": math.log(fit.hi[1]), "p": fit.p[1]}
    return {"coef": fit.coef[1]} | log


def cause_specific(d: Table) -> Numbers:
    fit = cause_specific_cox(d["time"], d["status"], x_of(d))
    return {"coef": fit.coef, "se": fit.se}


def standardised(d: Table, **options: Any) -> Numbers:
    x = np.column_stack(others(d))
    found = g_computation(d["event"], d["arm"], x, variance="delta", **options).risk_difference
    return {"estimate": found.estimate, "se": found.se}


def clustered_delta(d: Table) -> Numbers:
    """The delta method with the clustered covariance of the fit."""
    fit = logistic(d["event"], x_of(d), cluster=d["cluster"])
    risks, gradients = [], []
    for value in (1.0, 0.0):
        full = np.column_stack(
            [np.ones(len(d["event"])), np.full(len(d["event"]), value), *others(d)]
        )
        p = 1 / (1 + np.exp(-(full @ fit.coef)))
        risks.append(p.mean())
        gradients.append((p * (1 - p)) @ full / len(p))
    gradient = gradients[0] - gradients[1]
    variance = float(gradient @ fit.covariance @ gradient)
    return {"estimate": risks[0] - risks[1], "se": math.sqrt(variance)}


def score_of(d: Table) -> np.ndarray:
    x = np.column_stack(others(d))
    return predicted(logistic(d["arm"], x), x)


def ipw(d: Table, estimand: str) -> Numbers:
    return {"weight": inverse_probability(d["arm"], score_of(d), estimand).weight}


def entropy(d: Table, estimand: str) -> Numbers:
    w = entropy_balance(d["arm"], np.column_stack(others(d)), estimand).weight.copy()
    for arm in (0, 1):
        w[d["arm"] == arm] /= w[d["arm"] == arm].sum()
    return {"weight": w}


def balanced(d: Table) -> Numbers:
    weights = inverse_probability(d["arm"], score_of(d)).weight
    x, named = np.column_stack(others(d)), "proportion_unmatched"
    rows = balance(d["arm"], x, weights=weights, denominator=named).rows
    return {
        "before": [r.before.smd for r in rows],
        "after": [r.after.smd for r in rows],
        "ks": [r.before.ks for r in rows],
        "ks_after": [r.after.ks for r in rows],
    }


def counts_of(d: Table) -> Counts:
    """Eight parts of neighbours, one event and two people more in each arm."""
    columns: dict[str, list[int]] = {name: [] for name in Counts.columns()}
    for part in np.array_split(np.arange(len(d["event"])), 8):
        for arm, name in ((1, "treated"), (0, "control")):
            mine = d["arm"][part] == arm
            columns[f"events_{name}"].append(int(d["event"][part][mine].sum()) + 1)
            columns[f"n_{name}"].append(int(mine.sum()) + 2)
    return Counts(**{name: np.array(column) for name, column in columns.items()})


def pooled(d: Table, *plan: str) -> Numbers:
    found = pool(counts_of(d), Plan(*plan))
    scale = math.log if plan[0] != "RD" else float
    numbers = {"theta": found.theta, "lower": scale(found.lo), "upper": scale(found.hi)}
    return numbers | {"p": found.p, "q": found.dispersion.q}


def funnel(d: Table) -> Numbers:
    effects = effect_sizes(counts_of(d), "OR")
    found = trim_and_fill(effects, Plan("OR", "IV"), side="left")
    return {"theta": found.pooled.theta, "filled": found.k0}


def person_trials(d: Table) -> Numbers:
    """Person-trials and events of the starters and of the controls of eight periods."""
    kept, window, start = starters(d)
    cohort = follow_up(d["time"][kept], d["event"][kept], start[kept])
    found = nested_trials(cohort, window, 8)
    arms = (found.exposed, ~found.exposed)
    return {"counts": [c for on in arms for c in (int(on.sum()), int(found.event[on].sum()))]}


KNAPP = ("OR", "IV", "random", "DL", "hksj")
OURS: dict[str, Callable[[Table, Any], Numbers]] = {
    "logistic": lambda d, t: regression(d),
    "logistic HC0": lambda d, t: regression(d, variance="HC0"),
    "logistic HC3": lambda d, t: regression(d, variance="HC3"),
    "logistic, clustered": lambda d, t: regression(d, cluster=d["cluster"]),
    "logistic, weighted": lambda d, t: weighted(d),
    "logistic, Firth": lambda d, t: regression(d, firth=True),
    "Cox efron": lambda d, t: hazard(d),
    "Cox breslow": lambda d, t: hazard(d, ties="breslow"),
    "Cox, clustered": lambda d, t: hazard(d, cluster=d["cluster"]),
    "Kaplan-Meier": curve,
    "log-rank": lambda d, t: {"chi2": logrank(d["time"], d["event"], d["arm"]).chi2},
    "Fine-Gray": lambda d, t: subdistribution(d),
    "Gray": lambda d, t: {"chi2": gray_test(d["time"], d["status"], d["arm"]).chi2},
    "cumulative incidence": incidence,
    "Pearson chi-square": lambda d, t: {"p": pearson_chi_square(two_by_two(d)).p},
    "Fisher": lambda d, t: {"p": fisher_exact(two_by_two(d)).p},
    "Welch": lambda d, t: welch(d),
    "Kruskal-Wallis": lambda d, t: kruskal(d),
    "ANCOVA": lambda d, t: ancova(d),
    "logistic, Firth, of the exposure": lambda d, t: firth_of_exposure(d),
    "cause-specific Cox": lambda d, t: cause_specific(d),
    "g-computation, delta": lambda d, t: standardised(d),
    "g-computation in the exposed, delta": lambda d, t: standardised(d, population="exposed"),
    "g-computation, clustered delta": lambda d, t: clustered_delta(d),
    "inverse probability, ATE": lambda d, t: ipw(d, "ATE"),
    "inverse probability, ATT": lambda d, t: ipw(d, "ATT"),
    "inverse probability, ATC": lambda d, t: ipw(d, "ATC"),
    "inverse probability, ATO": lambda d, t: ipw(d, "ATO"),
    "entropy balance, ATT": lambda d, t: entropy(d, "ATT"),
    "entropy balance, ATE": lambda d, t: entropy(d, "ATE"),
    "balance": lambda d, t: balanced(d),
    "pool, Mantel-Haenszel OR": lambda d, t: pooled(d, "OR", "MH"),
    "pool, Mantel-Haenszel RR": lambda d, t: pooled(d, "RR", "MH"),
    "pool, inverse variance OR": lambda d, t: pooled(d, "OR", "IV"),
    "pool, DerSimonian-Laird RD": lambda d, t: pooled(d, "RD", "IV", "random", "DL"),
    "pool, Paule-Mandel OR": lambda d, t: pooled(d, "OR", "IV", "random", "PM"),
    "pool, Peto": lambda d, t: pooled(d, "OR", "Peto"),
    "pool, Hartung-Knapp": lambda d, t: pooled(d, *KNAPP),
    "pool, Hartung-Knapp, factor below 1": lambda d, t: pooled(d, *KNAPP),
    "Egger": lambda d, t: {"p": egger_test(effect_sizes(counts_of(d), "OR")).p},
    "Peters": lambda d, t: {"p": peters_test(counts_of(d)).p},
    "trim and fill": lambda d, t: funnel(d),
    "sequential trials, who is in them": lambda d, t: person_trials(d),
}
