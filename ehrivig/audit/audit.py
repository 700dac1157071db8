"""Audits published tables: which numbers do not follow from the others printed beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ehrivig.audit.lints import (
    PrintedP,
    implication,
    median_outside_iqr,
    multiplicity,
    orientation,
    recomputed_p,
    small_expected,
)
from ehrivig.errors import UsageError
from ehrivig.meta.lint import Lint

if TYPE_CHECKING:
    from ehrivig.meta.published import PublishedRow

_KNOWN = (
    "row, n_ARM, N_ARM (two arms), p_printed; row, X, X_q1, X_q3; contrast, or, lo, hi, p_printed; "
    "measure, estimate, lo, hi; or trials with or_printed, lo_printed, hi_printed"
)
_NOT_AUDITED = "no printed number here follows from others beside it; nothing was checked"
Z = 1.959963984540054  # the normal quantile of a 95% interval


def audit(paths: list[Path], outcome: str = "death_28d") -> list[Lint]:
    """All findings in published tables; the columns of each say which kind it is.

    Kinds: counts per arm (`row, n_*, N_*` and `p_printed`), quartiles per arm (`row`, `x`, `x_q1`,
    `x_q3`), contrasts (`contrast, or, lo, hi, p_printed` with events solved or printed), and
    evidence tables (`measure, estimate, lo, hi`, or trials with `*_printed`). When a table of
    counts has the row `outcome`, the event of every contrast is held against its risk.
    A table without numbers to check is named by a finding of its own; UsageError when all are so.
    """
    tables = {path: _read(path) for path in paths}
    risk = next((risk for rows in tables.values() if (risk := _risk(rows, outcome))), None)
    audited = {path: _audit_one(path, rows, risk) for path, rows in tables.items()}
    silent = [path.name for path, found in audited.items() if found is None]
    if silent and len(silent) == len(audited):
        raise UsageError(f"audit: {silent[0]} has none of the known sets of columns: {_KNOWN}.")
    unread = [Lint("not_audited", "info", f"{name}: {_NOT_AUDITED}") for name in silent]
    return [lint for found in audited.values() for lint in found or []] + unread


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        return pl.read_csv(path, infer_schema=False).to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"audit: cannot read {path.name} as CSV. Give a CSV table.") from error


def _risk(rows: list[dict[str, Any]], outcome: str) -> tuple[int, int] | None:
    """Events and n of the named outcome, both arms together, when the table has them."""
    arms = _arms(list(rows[0])) if rows else []
    for row in rows:
        if arms and row.get("row") == outcome:
            return sum(int(row[f"n_{a}"]) for a in arms), sum(int(row[f"N_{a}"]) for a in arms)
    return None


def _audit_one(
    path: Path, rows: list[dict[str, Any]], risk: tuple[int, int] | None
) -> list[Lint] | None:
    """The findings in one table; None when it has no known set of columns."""
    names = list(rows[0]) if rows else []
    try:
        found = _audit_kind(names, rows, risk)
        if found is None:
            found = _audit_evidence(path, names)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"audit: {path.name} has a cell that is not a number. Mend the table."
        ) from error
    return found


def _audit_kind(
    names: list[str], rows: list[dict[str, Any]], risk: tuple[int, int] | None
) -> list[Lint] | None:
    if {"row", "p_printed"} <= set(names) and len(_arms(names)) == 2:
        return _audit_counts(rows, _arms(names))
    if "row" in names and any(f"{name}_q1" in names for name in names):
        return _audit_quartiles(rows, [n for n in names if f"{n}_q1" in names])
    if {"contrast", "or", "p_printed"} <= set(names):
        return _audit_contrasts(rows, risk)
    return None


def _audit_evidence(path: Path, names: list[str]) -> list[Lint] | None:
    """The consistency of published estimates; None for a table that has none."""
    from ehrivig.meta.lints import lint_published
    from ehrivig.meta.published import printed_rows, read_published
    from ehrivig.meta.trials import read_trials

    if {"measure", "estimate", "lo", "hi"} <= set(names):
        rows = read_published(path)
    elif {"lo_printed", "hi_printed"} <= set(names):
        rows = printed_rows(read_trials(path))
    else:
        return None
    return _plain(lint_published(rows))


def _arms(names: list[str]) -> list[str]:
    return [name[2:] for name in names if name.startswith("N_") and f"n_{name[2:]}" in names]


_IMPLIES = {"malignancy": "immunosuppression", "cirrhosis": "immunosuppression"}


def _audit_counts(rows: list[dict[str, Any]], arms: list[str]) -> list[Lint]:
    found: list[Lint] = []
    tables, printed = {}, {}
    for row in rows:
        cells = [(int(row[f"n_{arm}"]), int(row[f"N_{arm}"])) for arm in arms]
        table = [[e, n - e] for e, n in cells]
        tables[row["row"]], printed[row["row"]] = table, row["p_printed"] or ""
        found += recomputed_p(row["row"], table, row["p_printed"] or "")
    found += small_expected(tables, printed)
    by_name = {row["row"]: row for row in rows}
    for cause, implied in _IMPLIES.items():
        if cause in by_name and implied in by_name:
            for arm in arms:
                n_implied, n_cause = (int(by_name[r][f"n_{arm}"]) for r in (implied, cause))
                found += implication(f"{implied} [{arm}]", n_implied, cause, n_cause)
    return found


def _audit_quartiles(rows: list[dict[str, Any]], columns: list[str]) -> list[Lint]:
    found: list[Lint] = []
    for row in rows:
        for name in columns:
            cells = [row[name], row[f"{name}_q1"], row[f"{name}_q3"]]
            if all(cells):
                median, q1, q3 = map(float, cells)
                found += median_outside_iqr(f"{row['row']} [{name}]", median, q1, q3)
    return found


def _audit_contrasts(rows: list[dict[str, Any]], risk: tuple[int, int] | None) -> list[Lint]:
    """One family of contrasts: p-values, intervals, multiplicity, orientation."""
    from ehrivig.meta.lints import lint_published

    printed = [claim.value for row in rows if (claim := PrintedP.parse(row["p_printed"] or ""))]
    recomputed = [p for row in rows if (p := _contrast_p(row)) is not None]
    found = multiplicity("contrasts", recomputed, printed=printed)
    for row in rows:
        found += _from_counts(row)
    found += _plain(lint_published([_published(row) for row in rows]))
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


def _from_counts(row: dict[str, Any]) -> list[Lint]:
    """Whether the printed p of a contrast is Wald's of its own counts."""
    claim, p = PrintedP.parse(row["p_printed"] or ""), _p_of_counts(row)
    if claim is None or p is None or claim.allows(p):
        return []
    message = (
        f"{row['contrast']}: the printed p {row['p_printed']} does not follow from its counts "
        f"(Wald {p:.4f}): irreproducible"
    )
    return [Lint("irreproducible_p", "error", message, {"printed": row["p_printed"], "wald": p})]


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
    from ehrivig.meta.measures import measure_named
    from ehrivig.meta.published import Printed, PublishedRow

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
        estimate=Printed.read(row["or"]),
        lo=Printed.read(row["lo"]),
        hi=Printed.read(row["hi"]),
        p=Printed.read(row["p_printed"]) if row["p_printed"] else None,
        sizes=sizes,
    )


def _plain(found: Sequence[Lint]) -> list[Lint]:
    """Findings on published estimates with the place in the sentence, as an audit prints them."""
    return [replace(one, message=f"{one.where}: {one.message}", where="") for one in found]
