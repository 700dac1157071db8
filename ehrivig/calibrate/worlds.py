"""Simulated analysis tables of a study, in worlds whose true effect is known.

Two worlds. `immediate`: exposure starts at time zero or never, and the log-odds of death by the
horizon are linear in the covariates and shifted by `effect`: what matching, weighting and
regression assume. `delayed`: exposure starts later, by a chance per six hours that is logistic in
the covariates, and from then on multiplies the hazard of death by exp(`effect`): what a hospital
has, where ever-against-never carries immortal time.

The covariates have the published margins of the demo where it knows them; exposure and death
depend on every matching variable of the study that is measured at baseline, and on nothing else,
so that there is no unmeasured confounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from ehrivig.calibrate.exposure import dosing, products, variables_read
from ehrivig.concepts import bands
from ehrivig.dataset import Floats
from ehrivig.demo import margins
from ehrivig.stats.regression.glm import expit
from ehrivig.study import Study

World = Literal["immediate", "delayed"]
WORLDS: tuple[World, ...] = ("immediate", "delayed")
HOSPITALS = 4
RISK = 154 / 429  # of death by the horizon without exposure: the published control arm
SHARE_EXPOSED = 421 / 850
EXPOSURE_SD: dict[World, float] = {"immediate": 0.8, "delayed": 0.4}  # assumed: of the log-odds
# of exposure, and of those of starting within six hours (which compound over the intervals)
RISK_SD = 1.0  # of the log-odds or log-hazard of death: assumed
SHARED = 0.35  # of the variance of each covariate, common to all (severity): assumed
SHAPE = 1.35  # of the Weibull time to death, as in the demo
INTERVAL_HOURS = 6.0
START_DAYS = 14  # no start after that
_PILOT, _FEW, _BLOCKS = 40_000, 8_000, 5


@dataclass(frozen=True)
class Model:
    """The world's constants: covariates' margins and the coefficients that give the margins.

    `centre`, `spread`, `toward_exposure`, `toward_death` are by confounder; `proportion` is the
    prevalence of a yes/no one, NaN for a number. Linear predictors are sums over the confounders
    of coefficient x (value - centre) / spread, plus the intercept.
    """

    study: Study
    world: World
    effect: float
    names: tuple[str, ...]
    centre: Floats
    spread: Floats
    proportion: Floats
    toward_exposure: Floats
    toward_death: Floats
    exposure_intercept: float
    death_intercept: float

    @property
    def horizon_days(self) -> float:
        """The horizon of the primary outcome."""
        return self.study.primary.within_days or 28.0


def confounders(study: Study) -> tuple[str, ...]:
    """The matching variables that are measured at baseline."""
    late = study.match.allow_post_baseline
    return tuple(name for name in study.match.covariates if name not in late)


def model(study: Study, world: World, effect: float) -> Model:
    """A world for a study; `effect` is a log odds ratio (immediate) or log hazard ratio (delayed).

    Intercepts are found on a pilot sample that is the same in every run.
    """
    names = confounders(study)
    centre, spread, proportion = (
        np.array(c) for c in zip(*(_margin(n) for n in names), strict=True)
    )
    flat = np.ones(len(names))
    tilted = 1 + 0.5 * np.where(np.arange(len(names)) % 2, -1.0, 1.0)
    draft = Model(study, world, effect, names, centre, spread, proportion, flat, tilted, 0.0, 0.0)
    z = _standard(draft, _covariates(draft, _PILOT, np.random.default_rng(0)))
    exposure = flat * EXPOSURE_SD[world] / (z @ flat).std()
    death = tilted * RISK_SD / (z @ tilted).std()
    chance = expit if world == "immediate" else _hazard_risk
    reach = expit if world == "immediate" else _ever_starts
    return Model(
        study,
        world,
        effect,
        names,
        centre,
        spread,
        proportion,
        exposure,
        death,
        _solve(lambda a: float(reach(a + z[:_FEW] @ exposure).mean()), SHARE_EXPOSED),
        _solve(lambda a: float(chance(a + z @ death).mean()), RISK),
    )


def _margin(name: str) -> tuple[float, float, float]:
    """Centre, spread and prevalence (NaN for a number) of a covariate."""
    counts = {**margins.BASELINE, **margins.FINDINGS}
    quartiles = {"age": margins.AGE[0], "apache_ii": margins.APACHE_II[0]}
    quartiles |= {lab: analyte.control for lab, analyte in margins.LABS.items()}
    quartiles |= {"sofa": margins.Quartiles(2, 3, 4), "sbp": margins.Quartiles(116, 128, 140)}
    if name in counts:
        c = counts[name]
        p = (c.n_control + c.n_ivig) / (c.known_control + c.known_ivig)
        return p, float(np.sqrt(p * (1 - p))), p
    if name in quartiles:
        q = quartiles[name]
        return (q.q1 + q.q3) / 2, (q.q3 - q.q1) / 1.349, float("nan")
    return 0.0, 1.0, float("nan")


def _covariates(world: Model, n: int, rng: np.random.Generator) -> Floats:
    """Values of the confounders, (n, k): normal numbers and thresholds of one."""
    k = len(world.names)
    latent = np.sqrt(SHARED) * rng.standard_normal((n, 1))
    latent = latent + np.sqrt(1 - SHARED) * rng.standard_normal((n, k))
    binary = ~np.isnan(world.proportion)
    cut = margins.normal_quantile(1 - np.where(binary, world.proportion, 0.5))
    number = world.centre + world.spread * latent
    return np.asarray(np.where(binary, (latent > cut).astype(float), number))


def _standard(world: Model, x: Floats) -> Floats:
    return (x - world.centre) / world.spread


def _solve(proportion: Callable[[float], float], wanted: float) -> float:
    """The intercept at which a proportion is the wanted one, by bisection."""
    low, high = -15.0, 15.0
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if proportion(middle) < wanted else (low, middle)
    return (low + high) / 2


def _hazard_risk(eta: Floats) -> Floats:
    """Risk by the horizon of a cumulative hazard exp(eta)."""
    return np.asarray(-np.expm1(-np.exp(eta)))


def interval_chance(eta: Floats) -> Floats:
    """The chance of starting in each six hours given no start so far, shape (n, intervals)."""
    day = np.arange(int(START_DAYS * 24 / INTERVAL_HOURS)) * INTERVAL_HOURS / 24
    return np.asarray(expit(eta[:, None] - 0.35 * day))


def _ever_starts(eta: Floats) -> Floats:
    return np.asarray(1 - np.prod(1 - interval_chance(eta), axis=1))


@dataclass(frozen=True)
class Draw:
    """One simulated cohort: its analysis table, and each admission's risk exposed and unexposed.

    `risk_exposed`, `risk_control`, `score` (rows,) are the truth of the immediate world; NaN in
    the delayed one.
    """

    table: pl.DataFrame
    risk_exposed: Floats
    risk_control: Floats
    score: Floats


def draw(world: Model, n: int, rng: np.random.Generator) -> Draw:
    """A cohort of n admissions."""
    x = _covariates(world, n, rng)
    z = _standard(world, x)
    toward = world.exposure_intercept + z @ world.toward_exposure
    eta = world.death_intercept + z @ world.toward_death
    nothing = np.full(n, np.nan)
    if world.world == "immediate":
        score = expit(toward)
        start = np.where(rng.random(n) < score, 0.0, np.inf)
        risk = (expit(eta + world.effect), expit(eta))
        death = _death_by_odds(np.where(start == 0, risk[0], risk[1]), world.horizon_days, rng)
    else:
        score, risk = nothing, (nothing, nothing)
        start = _start_days(toward, rng)
        death = _death_by_hazard(eta, start, world, rng)
    table = _table(world, x, start, death, rng)
    return Draw(table, risk[0], risk[1], score)


def _start_days(toward: Floats, rng: np.random.Generator, *, after_hours: float = 0.0) -> Floats:
    """The day on which exposure would start, not before `after_hours`; infinite for never."""
    chance = interval_chance(toward)
    chance[:, : round(after_hours / INTERVAL_HOURS)] = 0.0
    starts = rng.random(chance.shape) < chance
    first = starts.argmax(axis=1) + rng.random(len(toward))
    return np.where(starts.any(axis=1), first * INTERVAL_HOURS / 24, np.inf)


def death_proportion(proportion: Floats, horizon: float) -> Floats:
    """The day at which this proportion of the deaths by the horizon has happened (Weibull, cut)."""
    scale = horizon / 2
    last = -np.expm1(-((horizon / scale) ** SHAPE))
    return np.asarray(scale * (-np.log1p(-proportion * last)) ** (1 / SHAPE))


def _death_by_odds(risk: Floats, horizon: float, rng: np.random.Generator) -> Floats:
    """The day of death with the given risk by the horizon; infinite for survivors."""
    died = rng.random(len(risk)) < risk
    return np.where(died, death_proportion(rng.random(len(risk)), horizon), np.inf)


def _death_by_hazard(eta: Floats, start: Floats, world: Model, rng: np.random.Generator) -> Floats:
    """The day of death under a Weibull hazard that exposure multiplies from its start on."""
    h, ratio = world.horizon_days, np.exp(world.effect)
    target = rng.exponential(size=len(eta)) / np.exp(eta)
    reached = np.minimum(start / h, 1e6) ** SHAPE
    late = reached + (target - reached) / ratio
    return np.asarray(h * np.where(target < reached, target, late) ** (1 / SHAPE))


def strategy_risk(world: Model, grace_hours: float, *, starts: bool) -> float:
    """The true risk if everybody started within grace, or nobody did.

    Who would start within grace does so at that moment, who would not starts at its end; nobody
    within grace: all wait for it to end, and may start later.
    Averaged over a large sample; given start and covariates the risk is exact. Delayed world.
    """
    streams = np.random.SeedSequence(1).spawn(_BLOCKS)
    blocks = [_strategy_block(world, grace_hours, starts, seed) for seed in streams]
    return float(np.mean(blocks))


def _strategy_block(
    world: Model, grace_hours: float, starts: bool, seed: np.random.SeedSequence
) -> float:
    """The risk under one strategy in one block of the large sample."""
    rng = np.random.default_rng(seed)
    z = _standard(world, _covariates(world, _PILOT, rng))
    toward = world.exposure_intercept + z @ world.toward_exposure
    eta = world.death_intercept + z @ world.toward_death
    start = _start_days(toward, rng)
    if starts:
        start = np.minimum(start, grace_hours / 24)
    else:
        later = _start_days(toward, rng, after_hours=grace_hours)
        start = np.where(start * 24 > grace_hours, start, later)
    h = world.horizon_days
    before = np.minimum(start / h, 1.0) ** SHAPE
    cumulative = np.exp(eta) * (before + np.exp(world.effect) * (1 - before))
    return float(-np.expm1(-cumulative).mean())


def _table(
    world: Model, x: Floats, start: Floats, death: Floats, rng: np.random.Generator
) -> pl.DataFrame:
    """The analysis table: what the analyses of the study read."""
    study, n, h = world.study, len(x), world.horizon_days
    end = np.minimum(death, h)
    exposed = start < end
    event = death <= h
    columns: dict[str, object] = {
        "hospital_id": np.array(list("ABCD"))[rng.integers(0, HOSPITALS, n)],
        "admission_id": np.arange(n),
        "exposed": exposed,
        "time_days": end,
        "event": event,
        study.primary.name: event,
        **{name: x[:, j] for j, name in enumerate(world.names)},
        **dosing(np.where(exposed, start, np.nan), end, rng),
        **products(study, exposed, rng),
    }
    for name in variables_read(study):
        if name not in columns:
            columns[name] = (rng.random(n) < 0.4).astype(float)
    for band in study.exposure.bands:
        if not band.of_product:  # what no world draws (the onset of symptoms) nobody has
            columns.setdefault(band.feature, np.full(n, np.nan))
    frame = pl.DataFrame(columns)
    given = pl.col(pl.Float64).exclude("time_days", *world.names).fill_nan(None)
    return frame.with_columns(given).with_columns(bands.bands(study.exposure))
