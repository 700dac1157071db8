"""How far every estimator is from its referees: `python -m tests.parity.agreement` writes the page.

The referees' numbers are stored (`agreement.R` and `peers.py` make them, `meta_pool.R` those of
pools); here the package's own are set beside them, data set by data set.
"""

from __future__ import annotations

import json
import math
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ehrivig.errors import EhrivigError, NumericalWarning
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.tables import rank
from ehrivig.stats.tables.contingency import fisher_exact, pearson_chi_square
from tests.laws.rows import DATA, KNOWN, columns_of

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "agreement.md"
STORED = ("agreement.json", "peers.json")
Table = dict[str, np.ndarray]
Numbers = dict[str, Any]
FLOOR = 1e-3  # numbers smaller than this are compared absolutely, in units of it


def others(d: Table) -> list[np.ndarray]:
    return [d[k] for k in [c for c in d if c not in KNOWN][:3]]


def x_of(d: Table) -> np.ndarray:
    return np.column_stack([d["arm"], *others(d)])


def regression(d: Table, **options: Any) -> Numbers:
    fit = logistic(d["event"], x_of(d), **options)
    return {"coef": fit.coef, "se": fit.se}


def weighted(d: Table) -> Numbers:
    return regression(d, weights=1 + np.arange(1, len(d["event"]) + 1) % 3, variance="HC0")


def hazard(d: Table, **options: Any) -> Numbers:
    fit = cox(d["time"], d["event"], x_of(d), entry=d.get("entry"), **options)
    return {"coef": fit.coef, "se": fit.se}


def curve(d: Table, times: Any) -> Numbers:
    at = kaplan_meier(d["time"], d["event"], entry=d.get("entry")).curves[0].at(times)
    return {"survival": at.survival, "lower": at.lower, "upper": at.upper}


def incidence(d: Table, times: Any) -> Numbers:
    at = cumulative_incidence(d["time"], d["status"]).curve(1).at(times)
    return {"incidence": at.incidence, "variance": at.variance}


def subdistribution(d: Table) -> Numbers:
    fit = fine_gray(d["time"], d["status"], x_of(d))
    return {"coef": fit.coef, "se": fit.se}


def welch(d: Table) -> Numbers:
    value, on = others(d)[0], d["arm"] == 1
    test = rank.t_test(value[on], value[~on])
    return {"ci": [test.lo, test.hi], "p": test.p}


def kruskal(d: Table) -> Numbers:
    value, on = others(d)[0], d["arm"] == 1
    return {"p": rank.kruskal_wallis([value[on], value[~on]]).p}


def ancova(d: Table) -> Numbers:
    baseline, outcome = others(d)[:2]
    found = rank.ancova(outcome, baseline, d["arm"])
    return {"estimate": found.difference, "se": found.se}


def two_by_two(d: Table) -> list[list[int]]:
    return [[int(((d["arm"] == a) & (d["event"] == e)).sum()) for e in (0, 1)] for a in (0, 1)]


OURS: dict[str, Callable[[Table, Any], Numbers]] = {
    "logistic": lambda d, t: regression(d),
    "logistic HC0": lambda d, t: regression(d, variance="HC0"),
    "logistic HC3": lambda d, t: regression(d, variance="HC3"),
    "logistic, clustered": lambda d, t: regression(d, cluster=d["cluster"]),
    "logistic, weighted": lambda d, t: weighted(d),
    "logistic, Firth": lambda d, t: regression(d, firth=True),
    "Cox efron": lambda d, t: hazard(d),
    "Cox breslow": lambda d, t: hazard(d, ties="breslow"),
    "Cox, clustered": lambda d, t: hazard(d, cluster=d["cluster"]),
    "Kaplan-Meier": curve,
    "log-rank": lambda d, t: {"chi2": logrank(d["time"], d["event"], d["arm"]).chi2},
    "Fine-Gray": lambda d, t: subdistribution(d),
    "Gray": lambda d, t: {"chi2": gray_test(d["time"], d["status"], d["arm"]).chi2},
    "cumulative incidence": incidence,
    "Pearson chi-square": lambda d, t: {"p": pearson_chi_square(two_by_two(d)).p},
    "Fisher": lambda d, t: {"p": fisher_exact(two_by_two(d)).p},
    "Welch": lambda d, t: welch(d),
    "Kruskal-Wallis": lambda d, t: kruskal(d),
    "ANCOVA": lambda d, t: ancova(d),
}
THEIRS = {
    "statsmodels PHReg": "theirs: late entry (`heart`), where survival coxph agrees with ours",
}
"""Differences above 1e-6 that are the referee's, each with its proof."""


@dataclass
class Agreement:
    """One function beside one referee: the largest relative difference over some data sets."""

    data: list[str] = field(default_factory=list)
    largest: float = 0.0
    where: str = ""
    refused: list[str] = field(default_factory=list)


def table_of(name: str) -> Table:
    """A data set, its follow-up as both sides take it."""
    d = columns_of(DATA / f"{name}.csv")
    if "time" in d:
        d["time"] = np.maximum(d["time"], 0.01)
    if "entry" in d:
        d["entry"] = np.minimum(d["entry"], d["time"] - 1e-3)
    return d


def difference(found: Numbers, stored: Numbers) -> float:
    """The largest relative difference of the numbers that the referee gives."""
    largest = 0.0
    for key in stored.keys() - {"referee", "case", "times"}:
        a, b = np.atleast_1d(found[key]), np.atleast_1d(np.asarray(stored[key], dtype=float))
        gap = np.abs(a - b) / np.maximum(np.abs(b), FLOOR)
        largest = max(largest, float(gap.max()))
    return largest


def compared() -> dict[tuple[str, str], Agreement]:
    """Every function beside every referee, by (function, referee)."""
    rows: dict[tuple[str, str], Agreement] = defaultdict(Agreement)
    for file in STORED:
        for name, cases in json.loads((HERE / file).read_text(encoding="utf-8")).items():
            d = table_of(name)
            for case in cases:
                row = rows[case["case"], case["referee"]]
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", NumericalWarning)
                    try:
                        found = OURS[case["case"]](d, case.get("times"))
                    except EhrivigError as error:
                        row.refused.append(f"{name}: {error}")
                        continue
                row.data.append(name)
                gap = difference(found, case)
                if gap >= row.largest:
                    row.largest, row.where = gap, name
    return dict(rows)


def bound(gap: float) -> float:
    """The next power of ten above a difference, 1e-12 at the least: what the page promises."""
    return 1e-12 if gap <= 1e-13 else 10.0 ** (math.floor(math.log10(gap)) + 2)


INTRODUCTION = """# Agreement with other programs

Generated by `python -m tests.parity.agreement` from stored outputs of the referees on the public
data sets of `tests/laws/data` (`tests/parity/agreement.R` and `peers.py`); a test holds the page
to the code. A difference is relative (below 0.001 absolute, in units of 0.001); the bound is a
power of ten, at least ten times the largest difference. Refused: data sets that the referee answers
and the package refuses by name (separation, no convergence).

More stored outputs are held to their tolerances in `tests/parity`, on further data sets and
simulated cohorts: survival, competing risks, regression, matching (MatchIt 4.7.2), pools (metafor,
39 cases), and the edges of `edge_cases.R`.
"""


def text(rows: dict[tuple[str, str], Agreement]) -> str:
    """The page."""
    lines = [
        INTRODUCTION,
        "| function | referee | data sets | largest difference below | refused | note |",
        "|---|---|---|---|---|---|",
    ]
    for (function, referee), row in sorted(rows.items()):
        note = THEIRS.get(referee, "") if row.largest > 1e-6 else ""
        lines.append(
            f"| {function} | {referee} | {len(row.data)} | {bound(row.largest):.0e} | "
            f"{len(row.refused)} | {note} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    made = compared()
    DOCUMENT.write_text(text(made), encoding="utf-8")
    for (function, referee), row in sorted(made.items()):
        print(f"{function:22s} {referee:28s} {len(row.data):3d} {row.largest:.1e} {row.where}")
        for why in row.refused:
            print("      refused", why[:150])
