"""Simulated courses of the g-formula: people living through the days under a plan, or by nature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ehrivig.stats.dose_plans.dosing import Amounts
from ehrivig.stats.dose_plans.models import State, columns_of
from ehrivig.stats.dose_plans.nature import (
    DEATH,
    DEATH_OUTSIDE,
    LEAVING,
    SEVERITY,
    Nature,
    NatureFit,
)
from ehrivig.stats.dose_plans.plan import DOSE, NO_DOSE, START, DosePlan, demands, in_range
from ehrivig.stats.result import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Rule:
    """How people are dosed: by a plan, with its own chance (K,) of starting on days of grace.

    plan None: as nature has it.
    """

    plan: DosePlan | None = None
    starts: FloatArray = field(default_factory=lambda: np.zeros(0))


class _People:
    """The people of one simulation as a day begins: the same ones for each rule, one after another.

    moving and the like : (R m, ...).
    """

    def __init__(self, nature: Nature, who: IntArray, n_rules: int) -> None:
        all_ = np.tile(who, n_rules)
        self.x = nature.days.x[all_]
        self.moving = nature.days.moving[all_, 0]
        self.inside = np.ones(all_.size, dtype=np.bool_)
        self.alive, self.dosed_days, self.grams = np.ones(all_.size), *np.zeros((2, all_.size))
        self.yesterday, self.last_grams = np.zeros((2, all_.size))
        self.blocks = [slice(r * who.size, (r + 1) * who.size) for r in range(n_rules)]
        self._by_grams = nature.metric == "grams"

    def state(self, day: int) -> State:
        return State(
            day=np.full(self.inside.size, day),
            x=self.x,
            moving=self.moving,
            yesterday=self.yesterday,
            dosed_days=self.dosed_days,
            metric=self.grams if self._by_grams else self.dosed_days,
            last_grams=self.last_grams,
        )


def simulated_risks(
    nature: Nature, fit: NatureFit, rules: Sequence[Rule], who: IntArray, seed: object
) -> FloatArray:
    """The risk of death by the end of each day under R rules, (R, D), of people like `who` (m,).

    The same numbers are drawn for each rule, and with the same seed again. Amounts of a plan's
    range must have been given (`never_given`).
    """
    people = _People(nature, who, len(rules))
    rng = np.random.default_rng(seed)  # type: ignore[arg-type]
    risk = np.empty((len(rules), nature.days.n_days))
    for day in range(risk.shape[1]):
        uniform = np.tile(rng.random((len(fit.moves) + 4, who.size)), (1, len(rules)))
        if day:
            _moved(nature, fit, people, day, uniform[4:])
        state = people.state(day)
        inside = fit.death.chance(columns_of(DEATH, state, nature.terms))
        outside = fit.outside.chance(columns_of(DEATH_OUTSIDE, state, nature.terms))
        people.alive *= 1 - np.where(people.inside, inside, outside)
        risk[:, day] = 1 - people.alive.reshape(len(rules), -1).mean(axis=1)
        leaves = fit.leaving.chance(columns_of(LEAVING, state, nature.terms))
        people.inside &= uniform[0] >= leaves
        _dosed(nature, fit, people, rules, day, uniform[1:4])
    return risk


def never_given(nature: Nature, plan: DosePlan) -> str:
    """Why a plan's amounts cannot be drawn; empty where they can."""
    if nature.amounts is None or in_range(plan, nature.amounts.grams).any():
        return ""
    return "amounts of its range are never given"


def _moved(nature: Nature, fit: NatureFit, people: _People, day: int, uniform: FloatArray) -> None:
    """Give everybody in the hospital the day's values of what moves."""
    before = columns_of(SEVERITY, people.state(day), nature.terms)
    today = np.empty((before.shape[0], len(fit.moves)))
    for j, move in enumerate(fit.moves):
        today[:, j] = move.drawn(np.hstack((before, today[:, :j])), uniform[j])
    people.moving = np.where(people.inside[:, None], today, people.moving)


def _dosed(
    nature: Nature,
    fit: NatureFit,
    people: _People,
    rules: Sequence[Rule],
    day: int,
    uniform: FloatArray,
) -> None:
    """Dose whoever is in the hospital."""
    state = people.state(day)
    chance = fit.dosing.chance(state, nature.terms)
    for rule, mine in zip(rules, people.blocks, strict=True):
        if rule.plan is not None:
            asked = demands(rule.plan, state.day[mine], state.dosed_days[mine], rule.starts.size)
            own = rule.starts[day] if day < rule.starts.size else 0.0
            certain = [asked == DOSE, asked == START, asked == NO_DOSE]
            chance[mine] = np.select(certain, [1.0, own, 0.0], chance[mine])
    dosed = people.inside & (uniform[0] < chance)
    if nature.amounts is not None:
        _given(nature.amounts, fit, people, rules, (state, dosed, uniform[1:]))
    people.dosed_days = people.dosed_days + dosed
    people.yesterday = dosed.astype(np.float64)


def _given(
    amounts: Amounts,
    fit: NatureFit,
    people: _People,
    rules: Sequence[Rule],
    now: tuple[State, BoolArray, FloatArray],
) -> None:
    """Give amounts to the dosed: a class by its chance, in it as observed; of a plan, in range."""
    state, dosed, uniform = now
    who = np.flatnonzero(dosed)
    chance = amounts.chances(fit.amounts, state.of(who))
    for rule, mine in zip(rules, people.blocks, strict=True):
        own = (who >= mine.start) & (who < mine.stop)
        at = who[own]
        grams = _drawn(amounts, rule.plan, chance[own], uniform[:, at])
        people.last_grams[at] = grams
        people.grams[at] += grams


def _drawn(
    amounts: Amounts, plan: DosePlan | None, chance: FloatArray, uniform: FloatArray
) -> FloatArray:
    """Grams (m,) of classes with chances (m, K), in the range of a plan."""
    pools = [np.sort(amounts.grams[amounts.place == k]) for k in range(amounts.edges.size)]
    right = [pool if plan is None else pool[in_range(plan, pool)] for pool in pools]
    share = np.array([one.size / pool.size for one, pool in zip(right, pools, strict=True)])
    running = np.cumsum(chance * share, axis=1)
    place = (uniform[0][:, None] * running[:, -1:] >= running).sum(axis=1)
    place = np.minimum(place, int(np.flatnonzero(share).max()))
    grams = np.empty(place.size)
    for k, pool in enumerate(right):
        mine = place == k
        at = np.minimum((uniform[1][mine] * pool.size).astype(np.int64), max(pool.size - 1, 0))
        grams[mine] = pool[at] if pool.size else np.nan
    return grams
