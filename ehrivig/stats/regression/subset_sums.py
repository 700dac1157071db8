"""The sum over all subsets of a size: the denominator of the exact conditional likelihood.

It is written as a chance that stays between 0 and 1 however many rows there are: every row is
chosen on its own, with odds that make the wanted number the expected one.
"""

from __future__ import annotations

import numpy as np

from ehrivig.stats.regression.glm import expit
from ehrivig.stats.result import FloatArray

REACH, SLACK = 9.0, 30  # of the number of chosen rows, in standard deviations and rows


def steps(strata: int, size: int, cases: int) -> float:
    """About how many numbers the recursion makes for these strata."""
    spread = float(np.sqrt(cases * (size - cases) / size))
    return strata * size * min(cases, size - cases, 2 * (REACH * spread + SLACK))


def log_odds_of_choice(eta: FloatArray, chosen: int) -> FloatArray:
    """The shift of each stratum's log-odds (S,) at which `chosen` of its rows are expected.

    Any shift has the same likelihood; at this one no number of the recursion is large or small.
    """
    size = eta.shape[1]
    shift = np.log(chosen / (size - chosen)) - np.median(eta, axis=1)
    for _ in range(8):
        p = expit(eta + shift[:, np.newaxis])
        step = (chosen - p.sum(axis=1)) / np.maximum((p * (1 - p)).sum(axis=1), 1e-3)
        shift += np.clip(step, -2.0, 2.0)
    return np.asarray(shift)


def chance_of_choosing(
    p: FloatArray, x: FloatArray, m: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The chance that m rows are chosen, each on its own with chance p (S, size), with derivatives.

    The value (S,), and its gradient (S, p) and second derivatives (S, p, p) in coefficients b of
    log-odds x b, up to the factor that all subsets share. One row after the other, all likely
    numbers of chosen rows at once (Gail, Lubin & Rubinstein 1981).
    """
    s, _, k = x.shape
    value = np.zeros((s, m + 1))
    slope, bend = np.zeros((s, m + 1, k)), np.zeros((s, m + 1, k, k))
    value[:, 0] = 1.0
    for i, (low, high) in enumerate(_likely_numbers(p, m)):
        here, below = slice(low, high + 1), slice(max(low - 1, 0), high)
        xi, yes = x[:, np.newaxis, i], p[:, i, np.newaxis]
        first = slope[:, below] + value[:, below, np.newaxis] * xi
        cross = first[:, :, :, np.newaxis] * xi[:, :, np.newaxis]
        cross += xi[:, :, :, np.newaxis] * slope[:, below, np.newaxis]
        grown = (value[:, below], first, bend[:, below] + cross)
        for part, more in zip((value, slope, bend), grown, strict=True):
            chance = yes.reshape(s, *[1] * (part.ndim - 1))
            more = chance * more
            part[:, here] *= 1.0 - chance
            part[:, high + 1 - more.shape[1] : high + 1] += more
    return value[:, m], slope[:, m], bend[:, m]


def _likely_numbers(p: FloatArray, m: int) -> list[tuple[int, int]]:
    """After each row, the least and the largest number of chosen rows that can matter.

    Numbers more than nine standard deviations away have no chance that a double would show.
    """
    size = p.shape[1]
    mean, sd = np.cumsum(p, axis=1), np.sqrt(np.cumsum(p * (1.0 - p), axis=1))
    reach = REACH * sd + SLACK
    seen = np.arange(1, size + 1)
    low = np.maximum(np.floor((mean - reach).min(axis=0)), np.maximum(0, m - (size - seen)))
    high = np.minimum(np.ceil((mean + reach).max(axis=0)), np.minimum(seen, m))
    return [(int(a), int(b)) for a, b in zip(np.minimum(low, high), high, strict=True)]
