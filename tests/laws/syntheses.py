"""Evidence synthesis, as the laws call it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ehrivig.audit import audit
from ehrivig.meta import (
    Counts,
    Estimates,
    Means,
    Plan,
    cumulative,
    effect_sizes,
    egger_test,
    influence,
    leave_one_out,
    meta_regression,
    peters_test,
    peto_effects,
    pool,
    pool_effects,
    pool_hospitals,
    subgroup_analysis,
    trim_and_fill,
)
from tests.laws.estimator import ADJUSTED, COUNTED, ONE_COVARIATE, Call, Estimator, Numbers
from tests.laws.rows import Rows


def by_cluster(rows: Rows) -> Counts:
    """Eight studies: 2x2 counts of rows that are neighbours, half an event more in each arm."""
    counts = {"events_treated": [], "n_treated": [], "events_control": [], "n_control": []}
    for part in np.array_split(np.arange(rows.n), 8):
        a, n1, c, n0 = rows.take(part).cells
        for key, value in zip(counts, (a + 1, n1 + 2, c + 1, n0 + 2), strict=True):
            counts[key].append(float(value))
    return Counts(**{key: np.array(value) for key, value in counts.items()})


def sizes_of(rows: Rows) -> Any:
    return effect_sizes(by_cluster(rows), "OR")


def means_by_cluster(rows: Rows) -> Means:
    """Eight studies: means and standard deviations of values, two further ones in each arm."""
    columns: dict[str, list[float]] = {name: [] for name in Means.columns()}
    for part in np.array_split(np.arange(rows.n), 8):
        some = rows.take(part)
        for arm, name in ((1, "treated"), (0, "control")):
            held = np.append(some.value[some.arm == arm], (-1.0, 1.0))
            columns[f"mean_{name}"].append(float(held.mean()))
            columns[f"sd_{name}"].append(float(held.std(ddof=1)))
            columns[f"n_{name}"].append(float(len(held)))
    return Means(**{name: np.array(column) for name, column in columns.items()})


def estimates_by_cluster(rows: Rows) -> Estimates:
    """Eight ratios with their limits, as published."""
    sizes = sizes_of(rows)
    se = np.sqrt(sizes.v)
    ends = (np.exp(sizes.y + s * 1.959963984540054 * se) for s in (0, -1, 1))
    return Estimates(**dict(zip(("estimate", "lo", "hi"), ends, strict=True)))


def counted_rows(rows: Rows) -> tuple[np.ndarray, ...]:
    """Events and people of both arms in each of eight rows of a table."""
    counts = by_cluster(rows)
    names = ("events_treated", "n_treated", "events_control", "n_control")
    return tuple(getattr(counts, name) for name in names)


def audited(n_a: Any, size_a: Any, n_b: Any, size_b: Any, printed: list[str]) -> Numbers:
    """How many findings of each kind an audit has in a printed table of counts."""
    header = ["row", "n_a", "N_a", "n_b", "N_b", "p_printed"]
    columns = [_printed(column) for column in (n_a, size_a, n_b, size_b)]
    lines = zip([f"row {k}" for k in range(8)], *columns, printed, strict=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text("\n".join(",".join(line) for line in (header, *lines)), encoding="utf-8")
        found = audit([path])
    codes = ("irreproducible_p", "p_of_other_test", "pearson_small_expected")
    return {code: float(sum(lint.code == code for lint in found)) for code in codes}


def _printed(column: Any) -> list[str]:
    """Numbers as a table prints them; what is missing is an empty cell."""
    return [
        f"{one:g}" if isinstance(one, float) else str(one) if isinstance(one, int | str) else ""
        for one in (column.tolist() if isinstance(column, np.ndarray) else list(column))
    ]


def pooled(found: Any) -> Numbers:
    return {
        "estimate": found.estimate,
        "lo": found.lo,
        "hi": found.hi,
        "se": found.se,
        "p": found.p,
        "q": found.dispersion.q,
    }


def asymmetry(found: Any) -> Numbers:
    return {"coefficient": abs(found.coefficient), "p": found.p}


def hospital_call(rows: Rows) -> Call:
    sizes = sizes_of(rows)
    se = np.sqrt(sizes.v)
    limits = [np.exp(sizes.y + s * 1.959963984540054 * se) for s in (0, -1, 1)]
    return ([f"H{k}" for k in range(8)], *limits), {"measure": "OR", "se": se}


def ratios_of(rows: Rows) -> Call:
    """Log odds ratios of eight parts, as of imputed tables or negative controls."""
    sizes = sizes_of(rows)
    return (sizes.y, np.sqrt(sizes.v)), {}


SYNTHESES = (
    Estimator(
        "pool, Mantel-Haenszel",
        pool,
        lambda r: ((by_cluster(r), Plan("OR", "MH")), {}),
        pooled,
        "ratio",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool, random effects",
        pool,
        lambda r: ((by_cluster(r), Plan("OR", "IV", "random", "REML", "hksj")), {}),
        pooled,
        "ratio",
        COUNTED,
        also=(effect_sizes, pool_effects),
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool, Peto",
        pool_effects,
        lambda r: ((peto_effects(by_cluster(r)), Plan("OR", "Peto")), {}),
        pooled,
        "ratio",
        COUNTED,
        also=(peto_effects,),
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool of hospitals",
        pool_hospitals,
        hospital_call,
        lambda found: pooled(found.random),
        "ratio",
        COUNTED,
        exempt={
            "order": "the hospitals are neighbours in the data",
            "missing": "NaN says that a hospital has no estimate",
        },
    ),
    Estimator(
        "Egger",
        egger_test,
        lambda r: ((sizes_of(r),), {}),
        asymmetry,
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "Peters",
        peters_test,
        lambda r: ((by_cluster(r),), {}),
        asymmetry,
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "trim and fill",
        trim_and_fill,
        lambda r: ((sizes_of(r), Plan("OR", "IV")), {"side": "left"}),
        lambda found: pooled(found.pooled),
        "",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "influence",
        influence,
        lambda r: ((sizes_of(r), Plan("OR", "IV", "random")), {}),
        lambda found: {"cook": float(found.cook_d[0]), "hat": float(found.hat[0])},
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "leave one out",
        leave_one_out,
        lambda r: ((by_cluster(r), Plan("OR", "IV")), {}),
        lambda found: pooled(found[0]),
        "ratio",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "meta-regression",
        meta_regression,
        lambda r: (
            (sizes_of(r), np.array([p.mean() for p in np.array_split(r.x[:, 0], 8)]), ["x"]),
            {},
        ),
        lambda found: {"p": found.p[1], "q": found.residual.q, "tau2": found.tau2},
        "same",
        ADJUSTED,
        exempt={"order": "the studies are neighbours in the data", "columns": ONE_COVARIATE},
    ),
    Estimator(
        "subgroups of trials",
        subgroup_analysis,
        lambda r: ((by_cluster(r), list("aabbaabb"), Plan("OR", "IV")), {}),
        lambda found: {"q": found.between.q, "p": found.between.q_p},
        "same",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "cumulative pool",
        cumulative,
        lambda r: ((by_cluster(r), Plan("OR", "IV"), [3, 1, 2, 0, 4, 7, 6, 5]), {}),
        lambda found: pooled(found[3]),
        "ratio",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool of means",
        pool,
        lambda r: ((means_by_cluster(r), Plan("MD", "IV", "random", "DL")), {}),
        pooled,
        "difference",
        ("arm", "value"),
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "pool of estimates",
        pool,
        lambda r: ((estimates_by_cluster(r), Plan("HR", "IV", "random", "PM")), {}),
        pooled,
        "ratio",
        COUNTED,
        exempt={"order": "the studies are neighbours in the data"},
    ),
    Estimator(
        "audit of counts",
        audited,
        lambda r: ((*counted_rows(r), ["0.04"] * 8), {}),
        lambda found: found,
        "same",
        COUNTED,
        also=(audit,),
        exempt={"order": "the rows of the table are neighbours in the data"},
    ),
)
