"""Who the patients are: baseline covariates that meet the published margins of either arm.

Every function here returns a frame with one row per patient and these columns: `latent` (severity,
standard normal within a class), `age`, `sofa`, `apache_ii`, one Boolean per comorbidity, one
Boolean per finding with `<finding>_known` beside it, and the admission value of every analyte with
`<analyte>_known` beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.demo import margins
from ehrivig.demo.margins import CONTROL, IVIG, Flags, Floats, Ints
from ehrivig.demo.sites import Part

Columns = dict[str, NDArray[Any]]

# How strongly (age, latent severity) drive each binary variable: assumed.
LOADING = {
    "copd": (0.5, 0.1),
    "diabetes": (0.4, 0.2),
    "hypertension": (0.7, 0.1),
    "chronic_cardiac_disease": (0.7, 0.2),
    "chronic_kidney_disease": (0.5, 0.2),
    "stroke": (0.6, 0.1),
    "malignancy": (0.3, 0.1),
    "dyspnea": (0.1, 0.5),
    "fever": (-0.1, 0.2),
}
_SHARED = {  # analytes that move together, and how closely
    "cd3": ("t_cells", 0.98),
    "cd4": ("t_cells", 0.98),
    "cd8": ("t_cells", 0.98),
    "creatine_kinase": ("muscle", 0.9),
    "ck_mb": ("muscle", 0.9),
}
_IMAGING = frozenset(list(margins.FINDINGS)[4:])
_POOLED_MILD = 0.75  # comorbidity of patients without severe disease, relative to those with


def exposed(part: Part) -> pl.DataFrame:
    """The severe patients who receive IVIG."""
    start, stop = part.ranges[0]
    return _severe(part.rng("exposed"), IVIG, start, stop, None)


def controls(part: Part, victims: pl.DataFrame) -> pl.DataFrame:
    """The severe patients without IVIG: the victims (see `outcomes`) first, then all others."""
    start, stop = part.ranges[1]
    victims = _at_most_quota(victims, start, stop)
    others = _severe(part.rng("controls"), CONTROL, start, stop, victims)
    return pl.concat([victims.select(others.columns), others])


def _at_most_quota(victims: pl.DataFrame, start: int, stop: int) -> pl.DataFrame:
    """The victims, with a rare feature taken back where more have it than the arm may hold."""
    size = margins.ARM_SIZE[CONTROL]
    return victims.with_columns(
        pl.col(name)
        & (
            pl.col(name).cast(pl.Int32).cum_sum()
            <= margins.quota(count.n(CONTROL), size, start, stop)
        )
        for name, count in {**margins.BASELINE, **margins.FINDINGS}.items()
    )


def _severe(
    rng: np.random.Generator, arm: int, start: int, stop: int, fixed: pl.DataFrame | None
) -> pl.DataFrame:
    """Patients of one arm; with those in `fixed` they meet the margins of members [start, stop)."""
    n = stop - start - (0 if fixed is None else fixed.height)
    latent, age_score = rng.standard_normal(n), rng.standard_normal(n)
    columns: Columns = {"latent": latent}
    columns["age_score"] = age_score
    columns["age"] = _ranked(age_score, partial(_age, arm=arm), fixed, "age")
    score = 0.7 * latent + 0.7 * rng.standard_normal(n)
    columns["sofa"] = _ranked(score, partial(margins.sofa, arm=arm), fixed, "sofa")
    score = 0.5 * latent + 0.5 * age_score + 0.7 * rng.standard_normal(n)
    columns["apache_ii"] = _ranked(score, partial(_apache_ii, arm=arm), fixed, "apache_ii")
    members = (start, stop)
    columns |= _binary(rng, arm, members, columns, fixed)
    columns |= _panel(rng, latent, arm, fixed)
    return pl.DataFrame(columns)


def _age(z: Floats, arm: int) -> Floats:
    """Age in full years at normal scores z."""
    return np.clip(np.rint(margins.symmetric(z, margins.AGE[arm])), 18, 99)


def _apache_ii(z: Floats, arm: int) -> Floats:
    """APACHE II at normal scores z."""
    return np.clip(np.rint(margins.symmetric(z, margins.APACHE_II[arm])), 0, 40)


def _ranked(
    score: Floats, quantile: Callable[[Floats], Floats], fixed: pl.DataFrame | None, name: str
) -> Floats:
    """Values in the order of the scores; with the fixed patients' they have exactly the quantiles.

    `quantile` gives the value at a normal score and never falls.
    """
    taken = np.empty(0) if fixed is None else fixed[name].to_numpy()
    total = len(score) + len(taken)
    grid = quantile(margins.normal_quantile((np.arange(total) + 0.5) / max(total, 1)))
    result = np.empty(len(score))
    result[np.argsort(score, kind="stable")] = margins.remaining(grid, taken)
    return result


def _binary(
    rng: np.random.Generator,
    arm: int,
    members: tuple[int, int],
    columns: Columns,
    fixed: pl.DataFrame | None,
) -> Columns:
    """Comorbidities and findings: exactly the published count and denominator of the arm."""
    n = len(columns["age"])
    age, latent = columns["age_score"], columns["latent"]
    size = margins.ARM_SIZE[arm]
    result: Columns = {}
    availability = {True: rng.random(n), False: rng.random(n)}
    for name, count in {**margins.BASELINE, **margins.FINDINGS}.items():
        by_age, by_severity = LOADING.get(name, (0.1, 0.1))
        score = by_age * age + by_severity * latent + rng.gumbel(size=n)
        if name in margins.FINDINGS:
            wanted = margins.quota(count.known(arm), size, *members)
            known = margins.top(
                availability[name in _IMAGING], wanted - _has(fixed, f"{name}_known")
            )
            score = np.where(known, score, -np.inf)
            result[f"{name}_known"] = known
        if name == "immunosuppression":
            score = score + 4 * result["malignancy"] + 2 * result["chronic_kidney_disease"]
        result[name] = margins.top(
            score, margins.quota(count.n(arm), size, *members) - _has(fixed, name)
        )
    result["cirrhosis"] = result["chronic_liver_disease"] & (rng.random(n) < 0.3)
    return result


def _has(fixed: pl.DataFrame | None, name: str) -> int:
    return 0 if fixed is None else int(fixed[name].sum())


def _panel(
    rng: np.random.Generator, latent: Floats, arm: int, fixed: pl.DataFrame | None
) -> Columns:
    """The admission value of each analyte, at the published quartiles of the arm."""
    scores = _panel_scores(rng, latent)
    measured = _measured(rng, len(latent))
    result: Columns = {}
    for name, analyte in margins.LABS.items():
        quantile = partial(_lab, analyte=analyte, arm=arm)
        known, value = measured[name], quantile(scores[name])
        before = None if fixed is None else fixed.filter(f"{name}_known")
        value[known] = _ranked(scores[name][known], quantile, before, name)
        result[name], result[f"{name}_known"] = value, known
    return _consistent(result)


def _measured(rng: np.random.Generator, n: int) -> dict[str, Flags]:
    """Which patients have each analyte on admission; the T-cell panel is ordered as one."""
    known = {name: rng.random(n) < analyte.measured for name, analyte in margins.LABS.items()}
    return known | {"cd4": known["cd3"], "cd8": known["cd3"]}


def _lab(z: Floats, analyte: margins.Analyte, arm: int) -> Floats:
    """The admission value of an analyte at normal scores z, within its plausible range."""
    return np.clip(margins.positive(z, analyte.quartiles(arm)), analyte.low, analyte.high)


def _panel_scores(rng: np.random.Generator, latent: Floats) -> dict[str, Floats]:
    """Standard normal scores, correlated with severity; some with one another, as in blood."""
    n = len(latent)
    shared = {"t_cells": rng.standard_normal(n), "muscle": rng.standard_normal(n)}
    scores = {}
    for name, analyte in margins.LABS.items():
        rho = analyte.severity
        noise = rng.standard_normal(n)
        if name in _SHARED:
            group, weight = _SHARED[name]
            noise = weight * shared[group] + np.sqrt(1 - weight**2) * noise
        scores[name] = rho * latent + np.sqrt(1 - rho**2) * noise
    return scores


def _consistent(panel: Columns) -> Columns:
    """Mends what no sample can hold: CD4 + CD8 > CD3, lymphocytes > leucocytes, CK-MB > CK."""
    proportion = np.minimum(1.0, 1.05 * panel["cd3"] / (panel["cd4"] + panel["cd8"]))
    panel["cd4"], panel["cd8"] = panel["cd4"] * proportion, panel["cd8"] * proportion
    panel["lymphocytes"] = np.minimum(panel["lymphocytes"], 0.9 * panel["wbc"])
    panel["ck_mb"] = np.minimum(panel["ck_mb"], 0.9 * panel["creatine_kinase"])
    return panel


def copies(donors: pl.DataFrame, chosen: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Patients like the chosen donors: the same risk factors, other laboratory values."""
    frame = donors[chosen]
    panel = _panel(rng, frame["latent"].to_numpy(), IVIG, None)
    return frame.with_columns(pl.Series(name, values) for name, values in panel.items())


def others(part: Part, n: int, purpose: str, ages: tuple[float, float]) -> pl.DataFrame:
    """`n` patients outside the two arms, of age [low, high]: milder in everything (assumed)."""
    rng = part.rng(purpose)
    latent, age_score = rng.standard_normal(n), rng.standard_normal(n)
    low, high = ages
    years = 56 + 15 * age_score if low >= 18 else rng.uniform(low, high, n)
    age = np.clip(np.floor(years), low, high)
    columns: Columns = {"latent": latent, "age_score": age_score, "age": age}
    columns["sofa"] = margins.sofa(latent - 1.2, CONTROL)
    columns["apache_ii"] = np.clip(np.rint(4.5 + 2 * latent + age_score), 0, 40)
    for name, count in {**margins.BASELINE, **margins.FINDINGS}.items():
        by_age, by_severity = LOADING.get(name, (0.1, 0.1))
        proportion = (count.n_control + count.n_ivig) / (count.known_control + count.known_ivig)
        chronic = name in margins.BASELINE and name not in ("male", "smoking")
        proportion *= (0.05 if high <= 18 else _POOLED_MILD) if chronic else 1.0
        score = by_age * age_score + by_severity * latent + rng.standard_normal(n)
        spread = np.sqrt(1 + by_age**2 + by_severity**2)
        limit = margins.normal_quantile(np.array([1 - proportion]))[0] * spread
        columns[name] = score > limit
        if name in margins.FINDINGS:
            columns[f"{name}_known"] = rng.random(n) < (0.55 if name in _IMAGING else 0.985)
            columns[name] &= columns[f"{name}_known"]
    columns["cirrhosis"] = columns["chronic_liver_disease"] & (rng.random(n) < 0.3)
    return pl.DataFrame(columns | _mild_panel(rng, latent))


def _mild_panel(rng: np.random.Generator, latent: Floats) -> Columns:
    """The admission values of patients without severe disease."""
    scores = _panel_scores(rng, latent)
    result: Columns = {}
    for name, known in _measured(rng, len(latent)).items():
        analyte = margins.LABS[name]
        value = margins.positive(scores[name], analyte.control) * analyte.mild
        result[name] = np.clip(value, analyte.low, analyte.high)
        result[f"{name}_known"] = known
    return _consistent(result)
