"""Tables that describe: Table 1 (baseline), Table 2 (outcomes), Table S4 (treatments).

Percentages use the non-missing denominator of each row. Missing values are never imputed here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.dataset import Floats, Variable, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import ROUNDING
from ehrivig.stats.tables import contingency, rank
from ehrivig.study import Outcome

TestPolicy = Literal["default", "liu"]
ARMS = ("all", "control", "exposed")
SCHEMA: dict[str, Any] = {
    "group": pl.String,
    "variable": pl.String,
    "label": pl.String,
    "unit": pl.String,
    "kind": pl.String,
    **{f"{what}_{arm}": pl.Float64 for arm in ARMS for what in ("n", "events", "percent")},
    **{
        f"{what}_{arm}": pl.Float64 for arm in ARMS for what in ("mean", "sd", "median", "q1", "q3")
    },
    "test": pl.String,
    "p": pl.Float64,
    "smd": pl.Float64,
    **{f"text_{arm}": pl.String for arm in ARMS},
    "suppressed": pl.Boolean,
}


def describe(
    frame: pl.DataFrame,
    variables: Sequence[Variable],
    *,
    policy: TestPolicy,
    smallest: int,
    treated: np.ndarray | None = None,
) -> pl.DataFrame:
    """One row per variable: both arms, all, the test's p and the standardised mean difference.

    `smd` is (exposed - control) over the root of the mean of the arms' variances, in this
    population. Rows with a small cell keep their place and lose their numbers.
    """
    arm = exposed(frame) if treated is None else treated
    rows = [_row(values(frame, v.name), arm, v, policy, smallest) for v in variables]
    return pl.DataFrame(rows, schema=SCHEMA)


def _row(
    x: Floats, arm: np.ndarray, variable: Variable, policy: TestPolicy, smallest: int
) -> dict[str, Any]:
    """One variable in all, control and exposed."""
    known = ~np.isnan(x)
    parts = {"all": x[known], "control": x[known & ~arm], "exposed": x[known & arm]}
    row: dict[str, Any] = {
        "group": variable.group,
        "variable": variable.name,
        "label": variable.label,
        "unit": variable.unit,
        "kind": "binary" if variable.binary else "continuous",
        "smd": _smd(parts["exposed"], parts["control"]),
        "suppressed": False,
    }
    sides = ((int((known & side).sum()), int(side.sum())) for side in (arm, ~arm))
    if variable.of_some and disclosure.any_small(list(sides), smallest):
        return {**row, **_few_without()}
    fill = _binary if variable.binary else _continuous
    return {**row, **fill(parts, policy, smallest)}


def _few_without() -> dict[str, Any]:
    """The row of a number that few of an arm do not have: with its n it would count these."""
    texts = {f"text_{name}": "suppressed" for name in ARMS}
    return {**texts, "test": "suppressed", "p": None, "smd": None, "suppressed": True}


def _smd(a: Floats, b: Floats) -> float | None:
    """Mean difference over the root of the mean of both variances; None where there is none."""
    if len(a) < 2 or len(b) < 2:
        return None
    spread = math.sqrt((_variance(a) + _variance(b)) / 2)
    return float((a.mean() - b.mean()) / spread) if spread > 0 else None


def _variance(x: Floats) -> float:
    """Of two values or more; 0 where they are all alike but for rounding."""
    alike = float(np.ptp(x)) <= ROUNDING * float(np.abs(x).max())
    return 0.0 if alike else float(x.var(ddof=1))


def _binary(parts: dict[str, Floats], policy: TestPolicy, smallest: int) -> dict[str, Any]:
    """Counts and percentages, and the test of independence."""
    cells = {name: (int(part.sum()), len(part)) for name, part in parts.items()}
    if disclosure.any_small(list(cells.values()), smallest):
        return _suppressed(cells, smallest)
    row: dict[str, Any] = {}
    for name, (events, n) in cells.items():
        percent = 100 * events / n if n else None
        row |= {f"n_{name}": n, f"events_{name}": events, f"percent_{name}": percent}
        row[f"text_{name}"] = _proportion_text(events, n)
    try:
        table = [[e, n - e] for e, n in (cells["exposed"], cells["control"])]
        result = contingency.categorical_test(table, policy=policy)
        row |= {"test": result.test, "p": result.p}
    except AnalysisError as error:
        row |= {"test": str(error), "p": None}
    return row


def _proportion_text(events: int, n: int) -> str:
    """Events of those known, for a reader."""
    return f"{events:,}/{n:,} ({100 * events / n:.1f}%)" if n else "no data"


def _suppressed(cells: dict[str, tuple[int, int]], smallest: int) -> dict[str, Any]:
    """A row with a small cell: denominators stay, all else goes, so that nothing can be solved."""
    row: dict[str, Any] = {f"n_{name}": n for name, (_, n) in cells.items()}
    for name, (events, n) in cells.items():
        hidden = name == "all" or disclosure.small_proportion(events, n, smallest)
        text = f"<{smallest}" if disclosure.small(events, smallest) else "suppressed"
        row[f"text_{name}"] = text if hidden else _proportion_text(events, n)
        if not hidden and n:
            row |= {f"events_{name}": events, f"percent_{name}": 100 * events / n}
    return {**row, "test": "suppressed", "p": None, "smd": None, "suppressed": True}


def _continuous(parts: dict[str, Floats], policy: TestPolicy, smallest: int) -> dict[str, Any]:
    """Mean (SD), median [Q1, Q3], and the Kruskal-Wallis test."""
    row: dict[str, Any] = {}
    for name, x in parts.items():
        row[f"n_{name}"] = len(x)
        if disclosure.small(len(x), smallest) or not len(x):
            row[f"text_{name}"] = f"n <{smallest}" if len(x) else "no data"
            continue
        q1, median, q3 = (float(q) for q in rank.quantiles(x, [0.25, 0.5, 0.75]))
        sd = math.sqrt(_variance(x)) if len(x) > 1 else None
        row |= {f"mean_{name}": float(x.mean()), f"sd_{name}": sd}
        row |= {f"median_{name}": median, f"q1_{name}": q1, f"q3_{name}": q3}
        row[f"text_{name}"] = f"{number(median)} [{number(q1)}, {number(q3)}]"
    try:
        result = rank.kruskal_wallis([parts["control"], parts["exposed"]])
        row |= {"test": result.test, "p": result.p}
    except AnalysisError as error:
        row |= {"test": str(error), "p": None}
    return row


def number(value: float) -> str:
    """A measured value for a reader: three digits that matter, below 0.1 two; no exponent."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 3
    if 0 < size < 0.01:
        digits = 1 - math.floor(math.log10(size))
    return f"{value:,.{digits}f}"


def by_outcome(
    frame: pl.DataFrame,
    outcome: Outcome,
    features: Iterable[Variable],
    *,
    policy: TestPolicy,
    smallest: int,
) -> pl.DataFrame:
    """Table S1: dosing of the exposed by the primary outcome ("exposed" column = with the event).

    Survivors are the "control" column. Later doses need survival: the table describes, it does not
    compare like with like. A number splits nobody: the table is then empty.
    """
    if outcome.unit:
        return pl.DataFrame(schema=SCHEMA)
    given = frame.filter(pl.col("exposed") & pl.col(outcome.name).is_not_null())
    return describe(
        given,
        list(features),
        policy=policy,
        smallest=smallest,
        treated=given[outcome.name].to_numpy().astype(bool),
    )
