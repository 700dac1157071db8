"""Unpenalised maximum likelihood of logistic regression, in chunks that stay in the cache.

Newton's method (for the logit link the same as iteratively reweighted least squares, McCullagh and
Nelder 1989). Columns are centred and scaled inside the chunks, so that neither a large mean nor a
large unit costs digits; the coefficients that come out are on the scale that went in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.design_matrix import INTERCEPT
from ehrivig.stats.newton import Curve
from ehrivig.stats.regression.separation import maximum
from ehrivig.stats.result import FloatArray

CHUNK_ROWS = 4096
WARM_START_ROWS = 16_384
FAR_CENTRE = 30.0  # spreads
USUAL_SCALE = 1e50  # beyond it squares of a column as given would run over
WHAT = "logistic regression"


@dataclass(frozen=True)
class Moved:
    """The same fit on columns that were moved to their `centre` (p,) and brought to `scale` (p,).

    `coef` (k,), `covariance` (k, k); `outward` (k, k) takes them to the columns as given.
    """

    centre: FloatArray
    scale: FloatArray
    coef: FloatArray
    covariance: FloatArray
    outward: FloatArray

    def columns(self, x: FloatArray) -> FloatArray:
        """Columns (n, p) as this fit has them."""
        return (x - self.centre) / self.scale


@dataclass(frozen=True)
class MaximumLikelihood:
    """The maximum of a logistic log-likelihood and its curvature there.

    `coef` (k,) and `covariance` (k, k), the inverse Fisher information, have the intercept first
    when there is one. `loglik` leaves out no constant (binary events have none); `loglik_null` is
    that of the intercept alone (of all-zero coefficients without one). `moved` is the fit on other
    columns where those as given, far from zero or of extreme scale, would cost a sandwich its
    digits.
    """

    coef: FloatArray
    covariance: FloatArray
    loglik: float
    loglik_null: float
    iterations: int
    moved: Moved | None = None


@dataclass(frozen=True)
class Design:
    """An outcome with its covariates, and the centre and scale on which the fit works."""

    event: FloatArray
    x: FloatArray
    weights: FloatArray | None
    offset: FloatArray | None
    intercept: bool
    centre: FloatArray
    scale: FloatArray

    @property
    def k(self) -> int:
        """The number of coefficients."""
        return int(self.x.shape[1]) + int(self.intercept)

    @property
    def plain(self) -> bool:
        """Whether rows are used as they are given, and sums brought to scale afterwards."""
        usual = (self.scale > 1 / USUAL_SCALE) & (self.scale < USUAL_SCALE)
        return bool(usual.all()) and not self.centre.any()

    def chunks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Rows [start, stop) and their covariates, scaled unless they are plain."""
        plain, unit = self.plain, 1.0 / self.scale
        for start in range(0, self.x.shape[0], CHUNK_ROWS):
            rows = slice(start, min(start + CHUNK_ROWS, self.x.shape[0]))
            yield rows, self.x[rows] if plain else (self.x[rows] - self.centre) * unit

    def units(self) -> FloatArray:
        """What brings each coefficient's sums over the chunks to scale; shape (k,)."""
        covariates = 1.0 / self.scale if self.plain else np.ones(len(self.scale))
        return np.concatenate([np.ones(int(self.intercept)), covariates])


def expit(eta: FloatArray) -> FloatArray:
    """The probability whose log-odds is eta; same shape, exact at both ends."""
    e = np.exp(-np.abs(eta))
    return np.asarray(np.where(eta >= 0, 1.0, e) / (1.0 + e))


def log1p_exp(eta: FloatArray) -> FloatArray:
    """log(1 + exp(eta)) without overflow; same shape."""
    return np.asarray(np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta))))


def maximise(
    event: FloatArray,
    x: FloatArray,
    *,
    weights: FloatArray | None = None,
    offset: FloatArray | None = None,
    intercept: bool = True,
    names: Sequence[str] | None = None,
    start: FloatArray | None = None,
    max_iterations: int = 60,
) -> MaximumLikelihood:
    """The maximum-likelihood fit of P(event) = expit(offset + intercept + x b).

    `event` (n,) of 0 and 1, `x` (n, p) finite, `weights` (n,) >= 0 multiply the log-likelihood of
    a row, `start` (k,) are coefficients to begin from; all already checked by the caller. Raises
    AnalysisError when there is no event or no non-event, when columns are constant or collinear,
    when the arms are separated (the maximum lies at infinity), and when Newton's method does not
    converge.
    Source: McCullagh & Nelder 1989; separation: Albert & Anderson 1984.
    """
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(x.shape[1]))
    design = _scaled(event, x, weights, offset, intercept)
    null = _null_start(design)
    labels = (INTERCEPT, *labels) if intercept else labels
    top = maximum(
        lambda beta: _curve(design, beta),
        _warm_start(design, null) if start is None else _inward(design, start),
        labels,
        what=WHAT,
        max_iterations=max_iterations,
        unit=1.0 if weights is None else min(1.0, float(weights.sum())),
    )
    to_original = _back_transform(design)
    covariance = to_original @ top.covariance @ to_original.T
    loglik_null = _null_loglik(design, null)
    moved = Moved(design.centre, design.scale, top.beta, top.covariance, to_original)
    return MaximumLikelihood(
        to_original @ top.beta,
        covariance,
        top.loglik,
        loglik_null,
        top.iterations,
        None if design.plain else moved,
    )


def _scaled(
    event: FloatArray,
    x: FloatArray,
    weights: FloatArray | None,
    offset: FloatArray | None,
    intercept: bool,
) -> Design:
    """The design on a centre and scale from evenly spread rows (any values would be right)."""
    sample = x[:: max(1, x.shape[0] // WARM_START_ROWS)]
    centre = sample.mean(axis=0) if intercept and len(sample) else np.zeros(x.shape[1])
    spread = np.sqrt(np.mean((sample - centre) ** 2, axis=0)) if len(sample) else centre * 0
    scale = np.where(spread > 1e-13 * np.abs(centre), spread, 1.0)
    # A mean of a few spreads costs no digit that matters; only a far one is worth a pass.
    centre = np.where(np.abs(centre) > FAR_CENTRE * scale, centre, 0.0)
    return Design(event, x, weights, offset, intercept, centre, scale)


def _null_start(design: Design) -> FloatArray:
    """Zero coefficients with the intercept of the event's share; refuses an outcome of one kind."""
    beta = np.zeros(design.k)
    if not design.intercept:
        return beta
    w = np.ones_like(design.event) if design.weights is None else design.weights
    total, events = float(w.sum()), float(w @ design.event)
    if not 0.0 < events < total:
        kind = "no event" if events <= 0 else "nothing but events"
        raise AnalysisError(
            f"{WHAT}: {kind} among {int((w > 0).sum())} rows; there is no odds ratio."
        )
    beta[0] = np.log(events / (total - events))
    return beta


def _null_loglik(design: Design, null: FloatArray) -> float:
    """The log-likelihood of the intercept alone, or of zero coefficients where there is none."""
    if design.offset is not None or not design.intercept:
        return _curve(design, np.zeros(design.k) if not design.intercept else null).loglik
    w = np.ones_like(design.event) if design.weights is None else design.weights
    eta = float(null[0])
    rise = float(log1p_exp(np.array([eta]))[0])
    return float(w @ design.event) * eta - float(w.sum()) * rise


def _warm_start(design: Design, null: FloatArray) -> FloatArray:
    """The fit of evenly spread rows where the table is long: two passes fewer over all rows."""
    n = design.x.shape[0]
    if n < 4 * WARM_START_ROWS or design.offset is not None:
        return null
    every = slice(None, None, n // WARM_START_ROWS)
    part = Design(
        design.event[every],
        np.ascontiguousarray(design.x[every]),
        None if design.weights is None else design.weights[every],
        None,
        design.intercept,
        design.centre,
        design.scale,
    )
    try:
        top = maximum(
            lambda beta: _curve(part, beta), null, ("",) * design.k, what=WHAT, max_iterations=15
        )
    except AnalysisError:
        return null
    return top.beta if float(np.abs(top.beta).max()) < 10.0 else null


def _curve(design: Design, beta: FloatArray) -> Curve:
    """Log-likelihood, score and information at beta, summed over the chunks."""
    first, units = int(design.intercept), design.units()
    loglik, score = 0.0, np.zeros(design.k)
    information = np.zeros((design.k, design.k))
    slopes, base = (beta * units)[first:], float(beta[0]) if first else 0.0
    for rows, z in design.chunks():
        eta = z @ slopes + base
        if design.offset is not None:
            eta += design.offset[rows]
        e = np.exp(-np.abs(eta))
        q = 1.0 / (1.0 + e)
        terms = design.event[rows] * eta - np.maximum(eta, 0.0) + np.log(q)
        residual, curvature = design.event[rows] - np.where(eta >= 0, q, e * q), e * q * q
        if design.weights is not None:
            w = design.weights[rows]
            terms, residual, curvature = terms * w, residual * w, curvature * w
        loglik += float(terms.sum())
        score[first:] += residual @ z
        if first:
            score[0] += residual.sum()
            information[0, 0] += curvature.sum()
            information[0, 1:] += curvature @ z
        root = z * np.sqrt(curvature)[:, np.newaxis]
        information[first:, first:] += root.T @ root
    if first:
        information[1:, 0] = information[0, 1:]
    return Curve(loglik, score * units, information * np.outer(units, units))


def _back_transform(design: Design) -> FloatArray:
    """The (k, k) matrix that takes scaled coefficients to the scale of the columns of x."""
    first = int(design.intercept)
    matrix = np.diag(np.concatenate([np.ones(first), 1.0 / design.scale]))
    if first:
        matrix[0, 1:] = -design.centre / design.scale
    return matrix


def _inward(design: Design, coef: FloatArray) -> FloatArray:
    """Coefficients (k,) of the columns as given, on the scale of the design."""
    return np.asarray(np.linalg.solve(_back_transform(design), coef), dtype=np.float64)
