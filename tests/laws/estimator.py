"""One public estimator as the laws call it, and what is read from its result."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ehrivig.errors import AnalysisError, EhrivigError, NumericalWarning
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test
from ehrivig.stats.survival.rmst import rmst_difference
from tests.laws.rows import Rows

Numbers = dict[str, float]
Call = tuple[tuple[Any, ...], dict[str, Any]]
LABELS = ("cluster", "group", "strata", "exact", "side", "labels", "hospitals")
"""Arguments that hold labels."""


@dataclass(frozen=True)
class Estimator:
    """One public function as it is used for one question.

    `call(rows)` are its arguments, `read` takes named numbers from its result: `estimate`, `lo`,
    `hi`, `se`, `p` where there are any. `kind`: the estimate is a "ratio" or "difference" of the
    arms, a test or measure that is the "same" for both directions, or "" where the arms do not
    enter. `uses` are the columns of the rows that its answer depends on. Where p and interval are
    not of one method (`coherent` is false), `says` is where the result names both.
    `clock(factor, args, kwargs)` is the same call, its options in another unit of time. `unknown`
    are arguments whose missing values mean something. `exempt` are laws that it does not obey, each
    with the reason.
    """

    name: str
    function: Callable[..., Any]
    call: Callable[[Rows], Call]
    read: Callable[[Any], Numbers]
    kind: str = ""
    uses: tuple[str, ...] = ()
    coherent: bool = True
    says: Callable[[Any], str] = lambda found: ""
    clock: Callable[..., Call] | None = None
    unknown: tuple[str, ...] = ()
    also: tuple[Callable[..., Any], ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> set[str]:
        return set(inspect.signature(self.function).parameters)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments that have a default, and what it is."""
        parameters = inspect.signature(self.function).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not p.empty}

    def parameter(self, place: int | str) -> str:
        """The name of an argument."""
        names = list(inspect.signature(self.function).parameters)
        return names[place] if isinstance(place, int) else place

    def takes_none(self, place: int | str) -> bool:
        """Whether an argument may be left out, or is a seed."""
        name = self.parameter(place)
        return name == "seed" or self.options.get(name, 0) is None

    def may_miss(self, place: int | str) -> bool:
        """Whether an argument may have missing values."""
        return self.parameter(place) in self.unknown

    def takes_labels(self, place: int | str) -> bool:
        """Whether an argument, by its place or its name, holds labels."""
        return self.parameter(place) in LABELS

    def __call__(self, rows: Rows, **options: Any) -> Numbers:
        args, kwargs = self.call(rows)
        return self.read(self.function(*args, **kwargs | options))


CLOSE = 1e-6  # relative; standard errors of the same fit from another start agree to about 1e-8


def outcome(estimator: Estimator, rows: Rows, **options: Any) -> Numbers | None:
    """The numbers, or None where they are refused by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericalWarning)
        try:
            return estimator(rows, **options)
        except EhrivigError:
            return None


def same(
    found: Numbers | None, expected: Numbers | None, close: float = CLOSE, near: float = 1e-9
) -> None:
    """Both are refused, or all numbers agree: to a part of them, or where they are near 0."""
    assert (found is None) == (expected is None), f"refused on one side only: {found} {expected}"
    if found is None or expected is None:
        return
    assert found.keys() == expected.keys()
    for name, value in found.items():
        np.testing.assert_allclose(
            value, expected[name], rtol=close, atol=near, err_msg=f"{name}: {found} {expected}"
        )


def effect(found: Any) -> Numbers:
    names = ("estimate", "lo", "hi", "se", "p")
    refused = [note for note in getattr(found, "notes", ()) if note.startswith("no estimate: ")]
    if refused:
        raise AnalysisError(refused[0])
    return {name: float(getattr(found, name)) for name in names}


def first_ratio(found: Any) -> Numbers:
    """The exposure's numbers of a fit, whose column is called `exposed`."""
    j = found.names.index("exposed")
    ratio = found.odds_ratio if hasattr(found, "odds_ratio") else found.hazard_ratio
    return {
        "estimate": float(ratio[j]),
        "lo": float(found.lo[j]),
        "hi": float(found.hi[j]),
        "se": float(found.se[j]),
        "p": float(found.p[j]),
    }


def names_of(rows: Rows) -> list[str]:
    return ["exposed", *(f"x{j}" for j in range(rows.x.shape[1]))]


def fitted(rows: Rows, **more: Any) -> Call:
    return (rows.event, rows.full), {"names": names_of(rows), **more}


def survival(rows: Rows, **more: Any) -> Call:
    return (rows.time, rows.event, rows.full), {"names": names_of(rows), **more}


def competing(rows: Rows, **more: Any) -> Call:
    return (rows.time, rows.status, rows.full), {"names": names_of(rows), **more}


def first_difference(found: Any) -> Numbers:
    """The exposure's numbers of a linear fit."""
    names = {"estimate": "coef", "lo": "lo", "hi": "hi", "se": "se", "p": "p"}
    return {name: float(getattr(found, column)[0]) for name, column in names.items()}


def first_mean_ratio(found: Any) -> Numbers:
    """The exposure's numbers of a fit of ratios of means."""
    names = ("lo", "hi", "se", "p")
    return {"estimate": float(found.ratio[0])} | {n: float(getattr(found, n)[0]) for n in names}


def in_pairs(rows: Rows) -> Call:
    people, pair = rows.paired()
    return (people.event, people.arm, pair), {"names": ["exposed"]}


def two_samples(rows: Rows, **more: Any) -> Call:
    return (rows.value[rows.arm == 1], rows.value[rows.arm == 0]), more


def value_pairs(rows: Rows, **more: Any) -> Call:
    people, _ = rows.paired()
    return tuple(np.split(people.value, 2)), more


def location(found: Any) -> Numbers:
    return {"statistic": abs(found.statistic), "p": found.p}


def mean_difference(found: Any) -> Numbers:
    return {
        "estimate": found.difference,
        "lo": found.lo,
        "hi": found.hi,
        "se": found.se,
        "p": found.p,
    }


def table_test(found: Any) -> Numbers:
    return {"p": found.p}


def table_of(rows: Rows) -> list[list[int]]:
    a, n1, c, n0 = rows.cells
    return [[a, n1 - a], [c, n0 - c]]


def half_way(rows: Rows) -> float:
    """A time at which both arms are still followed."""
    last = min(rows.time[rows.arm == v].max() for v in (0, 1))
    return float(min(np.median(rows.time), 0.9 * last))


def median_curve(found: Any) -> Numbers:
    """The curve of both arms, each at the median of its event times."""
    numbers: Numbers = {}
    for k, curve in enumerate(found.curves):
        events = curve.time[curve.n_event > 0]
        at = curve.at([float(np.median(events)) if len(events) else 1.0])
        numbers[f"survival {k}"] = float(at.survival[0])
        numbers[f"lower {k}"] = float(at.lower[0])
    return numbers


def median_incidence(found: Any) -> Numbers:
    at = {
        f"{c.group} {c.cause}": c.at([float(np.median(c.time)) if len(c.time) else 1.0])
        for c in found.curves
    }
    return {key: float(value.incidence[0]) for key, value in at.items()} | {
        f"variance {key}": float(value.variance[0]) for key, value in at.items()
    }


def restricted(time: Any, event: Any, group: Any, horizon: float, level: float = 0.95) -> Any:
    """The difference in restricted mean survival time, from follow-up."""
    curves = kaplan_meier(time, event, group=group, level=level)
    return rmst_difference(curves[1.0], curves[0.0], horizon)


def schoenfeld(time: Any, event: Any, x: Any) -> Any:
    return proportional_hazards_test(cox(time, event, x))


def effects_of(found: Any) -> Numbers:
    """All effects; the keys of those in days begin with "days"."""
    found = [e for e in found if e.estimate == e.estimate] or list(found)
    numbers = [effect(e) for e in found]
    unit = ["days " if e.measure == "RMSTD" else "" for e in found]
    return {
        f"{unit[i]}{k}{f' {i}' if i else ''}": v
        for i, e in enumerate(numbers)
        for k, v in e.items()
    }


def weights_read(found: Any) -> Numbers:
    w = np.asarray(found.weight)
    return {"treated": found.effective_treated, "control": found.effective_control, "sum": w.sum()}


def balance_read(found: Any) -> Numbers:
    return {
        f"{name} {side} {row.covariate}": float(getattr(getattr(row, side), name))
        for row in found.rows
        for side in ("before", "after")
        for name in ("smd", "ks")  # a binary covariate has no variance ratio: its unit matters
    }


def matches_read(found: Any) -> Numbers:
    return {"pairs": float(len(found.treated)), "distance": float(found.distance.sum())}


def holed(rows: Rows) -> Call:
    """Every seventh value of the first covariate is missing."""
    x = np.column_stack([rows.x, rows.event])
    x[::7, 0] = np.nan
    kinds = ["pmm"] * rows.x.shape[1] + ["binary"]
    return (x, kinds), {"seed": 1, "m": 3, "iterations": 3}


def p_values(rows: Rows) -> np.ndarray:
    return np.linspace(0.001, 0.9, 9) ** 1.5 * rows.event.mean()


def p_only(found: Any) -> Numbers:
    return {"p": float(found.p)}


def plain_p(found: Mapping[str, float]) -> Numbers:
    return {f"p of {name}": p for name, p in found.items()}


def moments_of(rows: Rows) -> Call:
    groups = [rows.value[rows.arm == v] for v in (1, 0)]
    return tuple((float(g.mean()), float(g.std(ddof=1)), len(g)) for g in groups), {}


UNPAIRED = {"order": "the pairs are made of neighbours in the data"}
ONE_COVARIATE = "it is given the first covariate alone"
COUNTED = ("event", "arm")
ADJUSTED = ("event", "arm", "x")
FOLLOWED = ("time", "event", "arm", "x")
CAUSES = ("time", "status", "arm", "x")
EFRON = {"weights": "a row of weight 2 is one death, two rows are two tied ones (as coxph)"}
PARTS = {"split": "a part of a person that ends is censored for the weights (give whole people)"}
HOURS = {"time_unit": "its grace, windows and horizons are in hours"}
WHOLE = {"missing": "NaN is no p-value, and does not count in the family"}
