"""Multiple imputation by chained equations (van Buuren & Groothuis-Oudshoorn 2011).

Each column with missing values is drawn in turn from its distribution given all others, by a model
whose parameters are themselves drawn: so the imputations differ as much as is not known. Put the
exposure and the outcome among the columns, or the effect is biased towards none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import (
    MOST_REPEATED,
    numbers,
    random_seed,
    refuse_far,
    standardised,
    whole_number,
)
from ehrivig.stats.collinear import dependent_columns
from ehrivig.stats.design_matrix import column_names
from ehrivig.stats.regression.glm import expit, maximise
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

Kind = Literal["pmm", "normal", "binary"]
DONORS = 5
RIDGE = 1e-5  # of the diagonal, as mice: keeps nearly collinear columns usable


@dataclass(frozen=True)
class Imputations:
    """m complete copies of a table: `values` (m, n, p), observed cells the same in all.

    `missing` (p,) counts the imputed cells of each column; `trace` (m, iterations, p) holds the
    mean of the imputed cells after each iteration (NaN for complete columns): lines that mix and do
    not drift show convergence.
    """

    values: FloatArray
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    missing: IntArray
    trace: FloatArray
    seed: int
    method: str

    @property
    def m(self) -> int:
        """The number of imputations."""
        return len(self.values)


def impute(
    x: ArrayLike,
    kinds: Sequence[Kind],
    *,
    seed: int,
    m: int = 20,
    iterations: int = 10,
    names: Sequence[str] | None = None,
    columns: Sequence[int] | None = None,
) -> Imputations:
    """m completed copies of a table in which NaN is missing.

    `x` (n, p); `kinds` (p,): "pmm" predictive mean matching with 5 donors (any continuous column:
    only values that were seen are imputed), "normal" a draw from a linear model, "binary" a draw
    from a logistic model (0 and 1). Columns without missing values only predict. Deterministic by
    `seed`; each imputation has its own stream, so m = 20 begins with the same tables as m = 5.
    `columns`: positions of those wanted in the result (all by default); m long tables take memory.

    Raises UsageError for wrong shapes, kinds or a binary column of other values; AnalysisError for
    infinite values or a column with fewer than `DONORS` observed values.
    Source: van Buuren & Groothuis-Oudshoorn 2011; augmentation of binary columns against
    separation: White, Daniel & Royston 2010; PMM type 1: Little 1988.
    """
    table: FloatArray = numbers(x, "x").copy()
    if table.ndim != 2:
        raise UsageError(f"impute: expected a table (n, p), got shape {table.shape}.")
    labels = column_names(names, table.shape[1])
    missing: BoolArray = np.asarray(np.isnan(table), dtype=np.bool_)
    _refuse(table, missing, kinds, labels)
    m = whole_number(m, "impute: m", 1, MOST_REPEATED)
    iterations = whole_number(iterations, "impute: iterations", 1, MOST_REPEATED)
    seed = random_seed(seed) or 0
    streams = np.random.SeedSequence(seed).spawn(m)
    order = np.argsort(missing.sum(axis=0), kind="stable")
    order = order[missing[:, order].any(axis=0)]
    wanted = list(range(table.shape[1]) if columns is None else columns)
    copies = np.empty((m, table.shape[0], len(wanted)))
    traces = np.empty((m, iterations, len(wanted)))
    for number, stream in enumerate(streams):
        copy, trace = _chain(
            table, missing, kinds, order, iterations, np.random.default_rng(stream)
        )
        copies[number], traces[number] = copy[:, wanted], trace[:, wanted]
    return Imputations(
        values=copies,
        names=tuple(labels[j] for j in wanted),
        kinds=tuple(kinds[j] for j in wanted),
        missing=missing.sum(axis=0)[wanted],
        trace=traces,
        seed=seed,
        method=f"chained equations, m = {m}, {iterations} iterations",
    )


def _refuse(
    table: FloatArray,
    missing: BoolArray,
    kinds: Sequence[str],
    labels: Sequence[str],
) -> None:
    """Raise for input that cannot be imputed."""
    if len(kinds) != table.shape[1] or not set(kinds) <= {"pmm", "normal", "binary"}:
        raise UsageError("kinds: one of pmm, normal, binary for each column.")
    if bool(np.isinf(table).any()):
        raise AnalysisError("impute: infinite values; set them to missing.")
    refuse_far(table, "impute")
    for j, name in enumerate(labels):
        seen = table[~missing[:, j], j]
        if missing[:, j].any() and len(seen) < DONORS:
            raise AnalysisError(f"impute: {name} has {len(seen)} observed values; drop the column.")
        if kinds[j] == "binary" and not bool(((seen == 0) | (seen == 1)).all()):
            raise UsageError(f"impute: {name} is named binary but holds other values than 0 and 1.")


def _chain(
    table: FloatArray,
    missing: BoolArray,
    kinds: Sequence[str],
    order: IntArray,
    iterations: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """One completed copy and the means of its imputed cells after each iteration."""
    copy = table.copy()
    for j in order.tolist():
        gap = missing[:, j]
        copy[gap, j] = rng.choice(table[~gap, j], int(gap.sum()))
    trace = np.full((iterations, table.shape[1]), np.nan)
    for round_ in range(iterations):
        for j in order.tolist():
            gap = missing[:, j]
            others = _usable(np.delete(copy, j, axis=1), ~gap)
            draw = {"pmm": _draw_pmm, "normal": _draw_normal, "binary": _draw_binary}[kinds[j]]
            copy[gap, j] = draw(table[~gap, j], others[~gap], others[gap], rng)
            trace[round_, j] = copy[gap, j].mean()
    return copy, trace


def _usable(x: FloatArray, observed: BoolArray) -> FloatArray:
    """The predictors, standardised, without those constant or collinear in the rows observed."""
    z = standardised(x, x[observed])
    z = z[:, (z[observed] != 0).any(axis=0)]
    drop = dependent_columns(z[observed].T @ z[observed])
    return np.delete(z, drop, axis=1)


def _drawn_line(
    y: FloatArray, x: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, float]:
    """Least-squares coefficients, a draw from their posterior, and a draw of the residual SD."""
    z = np.column_stack([np.ones(len(y)), x])
    gram = z.T @ z
    inverse = np.linalg.inv(gram + RIDGE * np.diag(np.diag(gram)))
    beta = inverse @ (z.T @ y)
    residual = y - z @ beta
    df = max(len(y) - z.shape[1], 1)
    sigma = float(np.sqrt(residual @ residual / rng.chisquare(df)))
    root = np.linalg.cholesky(0.5 * (inverse + inverse.T))
    return beta, beta + sigma * (root @ rng.standard_normal(len(beta))), sigma


def _draw_normal(
    y: FloatArray, seen: FloatArray, gap: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draws from the normal linear model for the rows of `gap`."""
    _, drawn, sigma = _drawn_line(y, seen, rng)
    noise = sigma * rng.standard_normal(len(gap))
    return np.asarray(drawn[0] + gap @ drawn[1:] + noise)


def _draw_pmm(
    y: FloatArray, seen: FloatArray, gap: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Observed values of donors: one of the 5 whose predicted mean is nearest to the drawn one."""
    beta, drawn, _ = _drawn_line(y, seen, rng)
    order = np.argsort(beta[0] + seen @ beta[1:], kind="stable")
    predicted = (beta[0] + seen @ beta[1:])[order]
    wanted = drawn[0] + gap @ drawn[1:]
    start = np.searchsorted(predicted, wanted) - DONORS
    window = np.clip(start[:, np.newaxis] + np.arange(2 * DONORS), 0, len(y) - 1)
    distance = np.abs(predicted[window] - wanted[:, np.newaxis])
    # A place that clipping repeats must not count twice.
    distance[:, 1:][window[:, 1:] == window[:, :-1]] = np.inf
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :DONORS]
    pick = nearest[np.arange(len(gap)), rng.integers(0, DONORS, len(gap))]
    return np.asarray(y[order[window[np.arange(len(gap)), pick]]])


def _draw_binary(
    y: FloatArray, seen: FloatArray, gap: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draws of 0 and 1 from a logistic model whose coefficients are drawn.

    A few light rows of both outcomes around the mean keep the fit finite under separation.
    """
    p = seen.shape[1]
    if not 0 < y.sum() < len(y):
        return np.full(len(gap), y[0])
    shifts = np.concatenate([0.5 * np.eye(p), -0.5 * np.eye(p)]) if p else np.zeros((1, 0))
    extra = np.repeat(shifts, 2, axis=0)
    outcome = np.tile([0.0, 1.0], len(shifts))
    weight = np.full(len(extra), (p + 1) / len(extra))
    fit = maximise(
        np.concatenate([y, outcome]),
        np.concatenate([seen, extra]),
        weights=np.concatenate([np.ones(len(y)), weight]),
    )
    root = np.linalg.cholesky(fit.covariance)
    drawn = fit.coef + root @ rng.standard_normal(len(fit.coef))
    chance = expit(drawn[0] + gap @ drawn[1:])
    return np.asarray((rng.random(len(gap)) < chance).astype(np.float64))
