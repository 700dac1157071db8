"""A network of hospitals as a synthesis: one estimate each, pooled and left out in turn."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import UsageError, many
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.intervals import standard_error
from ehrivig.meta.measures import Interval, Tau2, measure_named
from ehrivig.meta.pooled import Plan, Pooled, knapp_note, pool_effects
from ehrivig.stats.arrays import numbers, refuse_far
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown

_AND = " + "
_OTHERS = re.compile(r"\d+ others")
_NAMED = 6
"""How many hospitals are named together."""

FEW_HOSPITALS = 5


@dataclass(frozen=True, repr=False)
class HospitalPool(Shown):
    """The estimates of h hospitals and what they give together.

    `effects` are on the analysis scale, in the order of `hospitals`; a hospital without an estimate
    is not estimable and counted in `random.k_excluded`. `leave_one_out` (h,) is the random-effects
    pool without each hospital, None where fewer than two are left.
    """

    hospitals: tuple[str, ...]
    effects: EffectSizes
    common: Pooled
    random: Pooled
    leave_one_out: tuple[Pooled | None, ...]
    notes: tuple[str, ...]


def several(hospitals: Sequence[str]) -> str:
    """One name for hospitals that gave one answer together."""
    if len(hospitals) <= _NAMED:
        return _AND.join(hospitals)
    return f"{hospitals[0]}{_AND}{len(hospitals) - 1} others"


def how_many(names: Collection[str]) -> int:
    """Of how many hospitals some names are, each of one or of several together."""
    parts = [part for name in names for part in name.split(_AND)]
    return sum(int(p.split()[0]) if _OTHERS.fullmatch(p) else 1 for p in parts)


def _refuse_repeated(names: Sequence[str]) -> None:
    """Raise UsageError where the people of a hospital would count twice."""
    parts = [part for name in names for part in name.split(_AND) if not _OTHERS.fullmatch(part)]
    told = names if len(set(names)) < len(names) else parts
    repeated = sorted({name for name in told if told.count(name) > 1})
    if repeated:
        raise UsageError(
            f"pool: hospital {', '.join(repeated)} comes twice. Give each hospital once."
        )


def pool_hospitals(
    hospitals: Sequence[str],
    estimate: FloatArray,
    lo: FloatArray,
    hi: FloatArray,
    *,
    measure: str,
    se: FloatArray | None = None,
    tau2: Tau2 = "REML",
    ci: Interval = "hksj",
    level: float = 0.95,
) -> HospitalPool:
    """Pools one estimate per hospital: common effect, random effects, and without each hospital.

    `estimate`, `lo`, `hi` (h,) are on the measure's own scale, NaN where a hospital has none.
    `se` (h,) on the analysis scale is used where given; otherwise it is read from the width of the
    interval, which is exact for Wald intervals only. Raises UsageError for repeated hospitals (also
    where one is among those of an answer that several gave together, "A + B"),
    columns of unequal length, impossible intervals, or fewer than two estimates.
    """
    names = tuple(hospitals)
    _refuse_repeated(names)
    effects = _hospital_effects(names, estimate, lo, hi, measure, se, level)
    k = int(effects.estimable.sum())
    if k < 2:
        raise UsageError(
            f"pool: {k} of {many(len(names), 'hospital')} has an estimate of {measure}; "
            "two are needed."
        )
    random = Plan(measure, "IV", "random", tau2, ci, level)
    pooled = pool_effects(effects, random)
    return HospitalPool(
        hospitals=names,
        effects=effects,
        common=pool_effects(effects, Plan(measure, "IV", level=level)),
        random=pooled,
        leave_one_out=tuple(_without(effects, row, random) for row in range(len(names))),
        notes=(*_notes(k, len(names), ci), *knapp_note(effects, pooled)),
    )


def _hospital_effects(
    names: tuple[str, ...],
    estimate: FloatArray,
    lo: FloatArray,
    hi: FloatArray,
    measure: str,
    se: FloatArray | None,
    level: float,
) -> EffectSizes:
    """The estimates on the analysis scale, checked."""
    chosen = measure_named(measure)
    columns = [numbers(column, "pool") for column in (estimate, lo, hi)]
    if se is not None:
        columns.append(numbers(se, "pool: se"))
    if any(column.shape != (len(names),) for column in columns):
        raise UsageError("pool: give one estimate, lo, hi (and se) per hospital.")
    known: BoolArray = np.all(np.isfinite(np.stack(columns)), axis=0)
    refuse_far(np.stack(columns)[:, known], "pool")
    limits = np.stack(columns[:3])[:, known]
    wrong = (limits[1] > limits[0]) | (limits[0] > limits[2]) | (limits[1] == limits[2])
    if chosen.ratio:
        wrong |= limits[1] <= 0
    if wrong.any():
        which = ", ".join(np.asarray(names, dtype=object)[known][wrong])
        raise UsageError(
            f"pool: hospital {which}: lo, estimate, hi are not in order for {measure}."
        )
    y, v = np.full(len(names), np.nan), np.full(len(names), np.nan)
    y[known], low, high = (chosen.to_scale(limit) for limit in limits)
    width = standard_error(low, high, level)
    v[known] = (width if se is None else columns[3][known]) ** 2
    if (v[known] <= 0).any():
        raise UsageError("pool: a standard error is not above 0. Leave that hospital's se empty.")
    return EffectSizes(chosen, y, v, known, np.zeros(len(names), dtype=np.bool_))


def _without(effects: EffectSizes, row: int, plan: Plan) -> Pooled | None:
    """The pool without one hospital; None where fewer than two are left."""
    rest = effects.without(row)
    return pool_effects(rest, plan) if rest.estimable.sum() >= 2 else None


def _notes(k: int, hospitals: int, ci: str) -> tuple[str, ...]:
    """What a reader of few hospitals must know."""
    notes = []
    if k < hospitals:
        notes.append(f"{hospitals - k} of {hospitals} hospitals without an estimate: left out.")
    if k < FEW_HOSPITALS:
        notes.append(
            f"{many(k, 'hospital')}: tau2 is poorly known, and a robust variance clustered by "
            "hospital would not be valid."
        )
        if ci == "normal":
            notes.append("The normal interval is too narrow with so few: prefer Hartung-Knapp.")
    return tuple(notes)
