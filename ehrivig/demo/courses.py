"""What happens during the stay: complications, ventilation and treatments, at published counts."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.demo import margins
from ehrivig.demo.margins import Flags, Floats

_WITH_VENTILATION = ("prone_position", "ecmo", "shock")
# Shares among patients without severe disease: assumed.
_MILD_TREATMENT = {
    "anticoagulant": 0.03,
    "glucocorticoid": 0.15,
    "antibiotic": 0.45,
    "antifungal": 0.005,
    "antiviral": 0.55,
}
_MILD_ANTIVIRAL = {
    "ganciclovir": 0.15,
    "ribavirin": 0.25,
    "umifenovir": 0.35,
    "lopinavir_ritonavir": 0.05,
}


def severe(
    frame: pl.DataFrame, arm: int, members: tuple[int, int], rng: np.random.Generator
) -> pl.DataFrame:
    """Adds one Boolean per course and treatment; each has the published count of the arm."""
    n, size = frame.height, margins.ARM_SIZE[arm]
    sick = 0.6 * frame["latent"].to_numpy() + 1.0 * frame["died_28d"].to_numpy()
    flags: dict[str, Flags] = {}
    order = ("invasive_ventilation", *margins.COURSES)  # what others depend on comes first
    for name in dict.fromkeys(order):
        score = sick + rng.gumbel(size=n)
        if name in _WITH_VENTILATION:
            score = score + (1.5 if name == "shock" else 6.0) * flags["invasive_ventilation"]
        flags[name] = margins.top(
            score, margins.quota(margins.COURSES[name].n(arm), size, *members)
        )
    for name, count in margins.TREATMENTS.items():
        score = 0.3 * frame["latent"].to_numpy() + rng.gumbel(size=n)
        flags[name] = margins.top(score, margins.quota(count.n(arm), size, *members))
    flags |= _single_antivirals(flags["antiviral"], arm, members, rng)
    return frame.with_columns(pl.Series(name, values) for name, values in flags.items())


def _single_antivirals(
    antiviral: Flags, arm: int, members: tuple[int, int], rng: np.random.Generator
) -> dict[str, Flags]:
    """Which antiviral; patients left without one of the four receive oseltamivir.

    Each goes first to patients who have none yet, so that few are left.
    """
    any_single = np.zeros(len(antiviral), dtype=np.bool_)
    flags = {}
    for name, count in margins.ANTIVIRALS.items():
        score: Floats = np.where(antiviral, rng.random(len(antiviral)) - 0.4 * any_single, -np.inf)
        wanted = margins.quota(count.n(arm), margins.ARM_SIZE[arm], *members)
        flags[name] = margins.top(score, min(wanted, int(antiviral.sum())))
        any_single |= flags[name]
    flags["oseltamivir"] = antiviral & ~any_single
    return flags


def others(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Adds the same Booleans for patients outside the two arms; courses only when they died."""
    n = frame.height
    died = frame["died_28d"].to_numpy()
    flags: dict[str, Flags] = {}
    for name, count in margins.COURSES.items():
        proportion = (count.n_control + count.n_ivig) / sum(margins.ARM_SIZE)
        flags[name] = died & (rng.random(n) < 2 * proportion)
    for name, proportion in _MILD_TREATMENT.items():
        flags[name] = rng.random(n) < proportion
    for name, proportion in _MILD_ANTIVIRAL.items():
        flags[name] = flags["antiviral"] & (rng.random(n) < proportion)
    single = np.logical_or.reduce([flags[name] for name in _MILD_ANTIVIRAL])
    flags["oseltamivir"] = flags["antiviral"] & ~single
    return frame.with_columns(pl.Series(name, values) for name, values in flags.items())
