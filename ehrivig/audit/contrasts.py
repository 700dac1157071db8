"""Audits one family of contrasts: p-values, intervals, multiplicity, orientation."""

from __future__ import annotations

import math
from typing import Any

from ehrivig.audit.lints import PrintedP, multiplicity, orientation, other_test, recomputed_p
from ehrivig.meta.lint import Lint, plain
from ehrivig.meta.lints import lint_published
from ehrivig.meta.measures import measure_named
from ehrivig.meta.published import Printed, PublishedRow
from ehrivig.stats.tables.usual_tests import p_of_counts

WALD = "Wald of the odds ratio"
Z = 1.959963984540054  # the normal quantile of a 95% interval


def audit_contrasts(rows: list[dict[str, Any]], risk: tuple[int, int] | None) -> list[Lint]:
    """One family of contrasts: p-values, intervals, multiplicity, orientation."""
    printed = [claim.value for row in rows if (claim := PrintedP.parse(row["p_printed"] or ""))]
    recomputed = [p for row in rows if (p := _contrast_p(row)) is not None]
    found = multiplicity("contrasts", recomputed, printed=printed)
    found += _from_counts(rows)
    found += plain(lint_published([_published(row) for row in rows]))
    for events, n in sorted({cells[1] for row in rows if (cells := _contrast_cells(row))}):
        if risk and n:
            found += orientation("control arm of the contrasts", events, n, *risk)
    return found


def _contrast_cells(row: dict[str, Any]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """(events, n) of the exposed and of the control arm of a contrast; None where not given."""
    cells = {}
    for name, cell in row.items():
        if name.startswith("events_") and cell:
            arm = name.removeprefix("events_").removesuffix("_solved")
            if row.get(f"n_{arm}"):
                cells[arm] = (int(cell), int(row[f"n_{arm}"]))
    control = cells.pop("control", None)
    if control is None or len(cells) != 1:
        return None
    return next(iter(cells.values())), control


def _from_counts(rows: list[dict[str, Any]]) -> list[Lint]:
    """Whether the printed p of each contrast is that of any usual test of its own counts."""
    tests: dict[str, dict[str, float]] = {}
    printed: dict[str, str] = {}
    lints: list[Lint] = []
    for row in rows:
        cells = _contrast_cells(row)
        if cells is None:
            continue
        (a, n1), (c, n0) = cells
        found, name = p_of_counts([[a, n1 - a], [c, n0 - c]]), row["contrast"]
        order = sorted(found, key=lambda test: test != WALD)
        tests[name] = {test: found[test] for test in order}
        printed[name] = row["p_printed"] or ""
        lints += recomputed_p(name, tests[name], printed[name])
    return lints + other_test(tests, printed, (WALD,))


def _contrast_p(row: dict[str, Any]) -> float | None:
    """p of a contrast: of its counts, else of its odds ratio and interval, else as printed."""
    p = _p_of_counts(row)
    if p is not None:
        return p
    ratio, lo, hi = (float(row[name] or 0) for name in ("or", "lo", "hi"))
    if 0 < lo < hi and ratio > 0:
        return _two_sided(math.log(ratio) * 2 * Z / math.log(hi / lo))
    claim = PrintedP.parse(row["p_printed"] or "")
    return claim.value if claim else None


def _p_of_counts(row: dict[str, Any]) -> float | None:
    """Wald's p of the log odds ratio; None without counts or with an empty cell."""
    cells = _contrast_cells(row)
    if cells is None:
        return None
    (a, n1), (c, n0) = cells
    b, d = n1 - a, n0 - c
    if min(a, b, c, d) <= 0:
        return None
    return _two_sided(math.log(a * d / (b * c)) / math.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _published(row: dict[str, Any]) -> PublishedRow:
    """A contrast as a published estimate."""
    sizes: dict[str, float] = {}
    if cells := _contrast_cells(row):
        (a, n1), (c, n0) = cells
        sizes = {"events_treated": a, "n_treated": n1, "events_control": c, "n_control": n0}
    return PublishedRow(
        label=row["contrast"],
        outcome=row["contrast"],
        dimension="",
        subgroup=row["contrast"],
        measure=measure_named("OR"),
        estimate=Printed.read(row["or"] or ""),
        lo=Printed.read(row["lo"] or ""),
        hi=Printed.read(row["hi"] or ""),
        p=Printed.read(row["p_printed"]) if row["p_printed"] else None,
        sizes=sizes,
    )
