"""Covariances of logistic coefficients that do not take the model's variance for granted.

`coef` has the intercept first; `bread` is the inverse Fisher information at the maximum.
Sources: White 1980 (HC0); MacKinnon & White 1985 (HC1-HC3); Zeileis, Koell & Graham 2020 (the
conventions of R's sandwich 3.0, which these equal to rounding).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.regression.glm import CHUNK_ROWS, expit
from ehrivig.stats.result import FloatArray, IntArray

_ALONE = 1e-10
HeteroscedasticKind = Literal["HC0", "HC1", "HC2", "HC3"]


def heteroscedastic(
    event: FloatArray,
    x: FloatArray,
    weights: FloatArray | None,
    coef: FloatArray,
    bread: FloatArray,
    kind: HeteroscedasticKind,
) -> FloatArray:
    """The (k, k) sandwich covariance that lets every row have its own variance.

    HC1 is HC0 times n / (n - k); HC2 and HC3 divide squared residuals by 1 - h and (1 - h)^2,
    h the leverage in the weighted fit. Raises AnalysisError where a row has leverage 1, which alone
    decides a coefficient.
    """
    n, k = x.shape[0], len(coef)
    meat = np.zeros((k, k))
    for start in range(0, n, CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        z = _with_intercept(x[rows])
        p = expit(z @ coef)
        w = np.ones(len(p)) if weights is None else weights[rows]
        residual = w * (event[rows] - p)
        if kind in ("HC2", "HC3"):
            leverage = w * p * (1 - p) * np.einsum("ij,jk,ik->i", z, bread, z)
            if bool((leverage > 1 - _ALONE).any()):
                raise AnalysisError(
                    f"logistic regression: a row alone decides a coefficient; no {kind} exists."
                )
            residual = residual / (1 - leverage) ** (0.5 if kind == "HC2" else 1.0)
        z *= residual[:, np.newaxis]
        meat += z.T @ z
    factor = n / (n - k) if kind == "HC1" and n > k else 1.0
    covariance: FloatArray = factor * (bread @ meat @ bread)
    return covariance


def clustered(
    event: FloatArray,
    x: FloatArray,
    weights: FloatArray | None,
    coef: FloatArray,
    bread: FloatArray,
    cluster: ArrayLike,
) -> FloatArray:
    """The (k, k) sandwich covariance that lets rows of one cluster depend on each other.

    Scaled by G / (G - 1) and (n - 1) / (n - k), as statsmodels and R's vcovCL(type = "HC1").
    Raises AnalysisError with fewer than two clusters; warns with fewer than 40.
    """
    n, k = x.shape[0], len(coef)
    groups, index = clusters_of(cluster, n, reducible=True)
    scores = cluster_scores(event, x, weights, coef, index, groups)
    factor = groups / (groups - 1) * (n - 1) / (n - k)
    covariance: FloatArray = factor * (bread @ (scores.T @ scores) @ bread)
    return covariance


def cluster_scores(
    event: FloatArray,
    x: FloatArray,
    weights: FloatArray | None,
    coef: FloatArray,
    index: IntArray,
    groups: int,
) -> FloatArray:
    """The score of each cluster, (G, k): the sum over its rows of residual times design."""
    residual = event - expit(coef[0] + x @ coef[1:])
    if weights is not None:
        residual = residual * weights
    scores = np.empty((groups, len(coef)))
    scores[:, 0] = np.bincount(index, residual, groups)
    for j in range(x.shape[1]):
        scores[:, j + 1] = np.bincount(index, residual * x[:, j], groups)
    return scores


def working(event: FloatArray, x: FloatArray, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The design (n, k) and residuals (n,) of a logistic fit, brought to equal variance."""
    design = _with_intercept(x)
    p = expit(design @ coef)
    root = np.sqrt(p * (1 - p))
    residual = np.zeros_like(root)  # of a row that the model is sure of, and right: its limit
    np.divide(event - p, root, out=residual, where=root > 0)
    return design * root[:, np.newaxis], residual


def _with_intercept(x: FloatArray) -> FloatArray:
    """The design matrix of these rows, intercept first; a new array."""
    return np.concatenate([np.ones((x.shape[0], 1)), x], axis=1)
