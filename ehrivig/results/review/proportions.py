"""Shares of charts in strata, weighted to the people of a run, with exact intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.stats import beta, norm

LEVEL = 0.95


@dataclass(frozen=True)
class Part:
    """People alike: how many there are, how many charts were read, and with how many it is so."""

    size: int
    read: int
    so: int


@dataclass(frozen=True)
class Share:
    """A share in [0, 1] with its interval, and the charts it is of."""

    estimate: float
    lo: float
    hi: float
    read: int
    so: int
    interval: str


def clopper_pearson(so: float, read: float, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share `so` / `read`, in [0, 1]. Source: Clopper & Pearson 1934."""
    tail = (1 - level) / 2
    lo = float(beta.ppf(tail, so, read - so + 1)) if so > 0 else 0.0
    hi = float(beta.ppf(1 - tail, so + 1, read - so)) if so < read else 1.0
    return lo, hi


def share(parts: Iterable[Part], level: float = LEVEL) -> Share | None:
    """The share of people with whom it is so; None where people of a part have no chart read.

    In one part the interval is that of Clopper and Pearson. In several the share is weighted by
    their people, and the interval is Clopper and Pearson's of the effective number of charts
    (Korn & Graubard 1998), which is at most that of the weights (`in_effect`): few charts of many
    people that all agree have no variance, and would count for more. Where all charts of a part
    were read it has no error of sampling, which is not used: the interval is then too wide rather
    than too narrow.
    """
    known = [part for part in parts if part.size]
    if not known or any(not part.read for part in known):
        return None
    people = sum(part.size for part in known)
    estimate = sum(part.size / people * part.so / part.read for part in known)
    read, so = sum(part.read for part in known), sum(part.so for part in known)
    variance = sum(
        (part.size / people) ** 2 * (part.so / part.read) * (1 - part.so / part.read) / part.read
        for part in known
    )
    effective = in_effect(known)
    if variance > 0:
        effective = min(effective, estimate * (1 - estimate) / variance)
    interval = "exact interval"
    if len(known) == 1:
        effective = float(read)
    else:
        interval += f", of {effective:.0f} charts in effect; weighted to the cohort"
    lo, hi = clopper_pearson(estimate * effective, effective, level)
    return Share(estimate, lo, hi, read, so, interval)


def in_effect(parts: Iterable[Part]) -> float:
    """To how many charts of one sample the charts of some parts come, for their weights.

    Source: Kish 1965, the people of each part over its charts as weights; as many as were read
    where every part has its share of them.
    """
    known = [part for part in parts if part.size]
    people = sum(part.size for part in known)
    return 1 / sum((part.size / people) ** 2 / part.read for part in known)


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa with its interval, and the share on which both agree."""

    estimate: float
    lo: float | None
    hi: float | None
    agree: float
    charts: int


def kappa(
    table: Sequence[Sequence[float]], charts: int, effective: float | None = None
) -> Kappa | None:
    """Cohen's kappa of a 2x2 table of shares or counts; None where one says always the same.

    Interval: Fleiss, Cohen & Everitt 1969, within [-1, 1], of `charts` read, or of the `effective`
    number of them. Without one where both agree on every chart, or on none: the variance is then 0,
    whatever the number of charts.
    """
    total = sum(map(sum, table))
    if not total or not charts:
        return None
    p = [[cell / total for cell in row] for row in table]
    rows = [sum(row) for row in p]
    columns = [p[0][i] + p[1][i] for i in (0, 1)]
    agree = p[0][0] + p[1][1]
    chance = sum(rows[i] * columns[i] for i in (0, 1))
    if min(*rows, *columns) <= 0:
        return None
    estimate = (agree - chance) / (1 - chance)
    own = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - estimate)) ** 2 for i in (0, 1))
    off = (1 - estimate) ** 2 * sum(p[i][1 - i] * (columns[i] + rows[1 - i]) ** 2 for i in (0, 1))
    spread = own + off - (estimate - chance * (1 - estimate)) ** 2
    if not 1e-12 < agree < 1 - 1e-12:
        return Kappa(estimate, None, None, agree, charts)
    se = sqrt(max(0.0, spread) / (effective or charts)) / (1 - chance)
    z = float(norm.ppf((1 + LEVEL) / 2))
    return Kappa(estimate, max(-1.0, estimate - z * se), min(1.0, estimate + z * se), agree, charts)
