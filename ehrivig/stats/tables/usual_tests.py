"""The p of every test that people usually make of two groups, from what papers print of them.

Which test a printed p is of is often not said. Whoever checks one must try them all.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, stdtr
from scipy.stats import hypergeom

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import count_of, finite_number
from ehrivig.stats.result import FloatArray
from ehrivig.stats.tables.contingency import fisher_exact, pearson_chi_square
from ehrivig.stats.wald import p_value


def p_of_counts(counts: ArrayLike) -> dict[str, float]:
    """The p of a table of events and others of two groups, ((a, b), (c, d)), by test.

    Chi-square without and with Yates' correction (R's default), Fisher's exact test and its mid-p,
    the likelihood ratio, Wald's test of the log odds ratio and of the difference, the N - 1
    chi-square (of the Wilcoxon and of a log-rank test with one event time), Student's and Welch's
    t of the zeros and ones. A test that the counts do not define is left out.
    """
    pearson = pearson_chi_square(counts)
    table = np.asarray(counts, dtype=np.float64)
    if table.shape != (2, 2):
        raise UsageError(f"usual tests: a table of 2 by 2 counts, not {table.shape}.")
    found = {"Pearson": pearson.p, "Fisher": fisher_exact(counts).p}
    if pearson.note:
        return found
    n, chi2 = float(table.sum()), pearson.statistic
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    gap = np.maximum(0.0, np.abs(table - expected) - 0.5)
    found["Yates"] = float(chdtrc(1, float((gap**2 / expected).sum())))
    found["mid-p"] = _mid_p(table, found["Fisher"])
    found["likelihood ratio"] = float(chdtrc(1, _likelihood_ratio(table, expected)))
    found["N - 1 chi-square (Wilcoxon, log-rank)"] = float(chdtrc(1, chi2 * (n - 1) / n))
    found |= _wald(table) | _t_tests(table)
    return found


def p_of_means(
    first: tuple[float, float, int], second: tuple[float, float, int]
) -> dict[str, float]:
    """The p of two groups given as (mean, standard deviation, n), by test: t, Welch's t, z.

    Empty where they define none. Raises UsageError for what is no number, or no number of people.
    """
    (m1, s1, n1), (m2, s2, n2) = _moments(*first), _moments(*second)
    if min(n1, n2) < 2 or min(s1, s2) < 0 or s1 + s2 == 0:
        return {}
    a, b = s1**2 / n1, s2**2 / n2
    pooled = ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)
    welch = (m1 - m2) / sqrt(a + b)
    df = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    student = (m1 - m2) / sqrt(pooled * (1 / n1 + 1 / n2))
    return {
        "Student t": 2 * float(stdtr(n1 + n2 - 2, -abs(student))),
        "Welch t": 2 * float(stdtr(df, -abs(welch))),
        "z": p_value(welch),
    }


def _moments(mean: float, sd: float, n: int) -> tuple[float, float, int]:
    """Mean, standard deviation and size of a group, checked."""
    return finite_number(mean, "mean"), finite_number(sd, "standard deviation"), count_of(n, "n")


def _mid_p(table: FloatArray, fisher: float) -> float:
    """Fisher's p less half the probability of the table itself."""
    (a, b), (c, d) = table.astype(int).tolist()
    return fisher - 0.5 * float(hypergeom.pmf(a, a + b + c + d, a + c, a + b))


def _likelihood_ratio(table: FloatArray, expected: FloatArray) -> float:
    """The likelihood-ratio chi-square, at least 0."""
    cells = zip(table.flat, expected.flat, strict=True)
    return max(0.0, 2 * sum(o * log(o / e) for o, e in cells if o > 0))


def _wald(table: FloatArray) -> dict[str, float]:
    """Wald's tests of the log odds ratio and of the risk difference."""
    (a, b), (c, d) = table.tolist()
    p1, p0 = a / (a + b), c / (c + d)
    variance = p1 * (1 - p1) / (a + b) + p0 * (1 - p0) / (c + d)
    found = {"unpooled z": p_value((p1 - p0) / sqrt(variance))} if variance > 0 else {}
    if min(a, b, c, d) > 0:
        z = log(a * d / (b * c)) / sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        found["Wald of the odds ratio"] = p_value(z)
    return found


def _t_tests(table: FloatArray) -> dict[str, float]:
    """t tests of events as ones and others as zeros."""
    groups = []
    for events, others in table.tolist():
        n = int(events + others)
        share = events / n
        groups.append((share, sqrt(share * (1 - share) * n / max(n - 1, 1)), n))
    found = p_of_means(groups[0], groups[1])
    return {name: p for name, p in found.items() if name != "z"}
