"""Audits published tables: which numbers do not follow from the others printed beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from ehrivig.audit.lints import (
    implication,
    median_outside_iqr,
    other_test,
    recomputed_p,
    small_expected,
)
from ehrivig.errors import UsageError
from ehrivig.meta.lint import Lint, plain

T = TypeVar("T")

_KNOWN = (
    "row, n_ARM, N_ARM (two arms), p_printed; row, mean_ARM, sd_ARM, N_ARM (two arms), p_printed; "
    "row, X, X_q1, X_q3; contrast, or, lo, hi, p_printed; "
    "measure, estimate, lo, hi; or trials with or_printed, lo_printed, hi_printed"
)
_NOT_AUDITED = "no printed number here follows from others beside it; nothing was checked"


def audit(paths: list[Path], outcome: str = "death_28d") -> list[Lint]:
    """All findings in published tables; the columns of each say which kind it is.

    Kinds: counts per arm (`row, n_*, N_*` and `p_printed`), means per arm (`row, mean_*, sd_*, N_*`
    and `p_printed`), quartiles per arm (`row`, `x`, `x_q1`, `x_q3`), contrasts (`contrast, or, lo,
    hi, p_printed` with events solved or printed), and evidence tables (`measure, estimate, lo, hi`,
    or trials with `*_printed`). A printed p is cleared by any usual test that gives it. When a
    table of counts has the row `outcome`, the event of every contrast is held against its risk.
    A table without numbers to check is named by a finding of its own; UsageError when all are so.
    """
    tables = {path: _read(path) for path in paths}
    risks = (_guarded(path, _risk, rows, outcome) for path, rows in tables.items())
    risk = next(filter(None, risks), None)
    audited = {path: _guarded(path, _audit_one, path, rows, risk) for path, rows in tables.items()}
    silent = [path.name for path, found in audited.items() if found is None]
    if silent and len(silent) == len(audited):
        raise UsageError(f"audit: {silent[0]} has none of the known sets of columns: {_KNOWN}.")
    unread = [Lint("not_audited", "info", f"{name}: {_NOT_AUDITED}") for name in silent]
    return [lint for found in audited.values() for lint in found or []] + unread


def _read(path: Path) -> list[dict[str, Any]]:
    if path.exists() and not path.is_file():
        raise UsageError(f"audit: {path.name} is not a file. Give a CSV table.")
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
    found = _audit_kind(names, rows, risk)
    return _audit_evidence(path, names) if found is None else found


def _guarded(path: Path, work: Callable[..., T], *given: object) -> T:
    """What is made of a table; UsageError that names it for a cell that cannot be there."""
    try:
        return work(*given)
    except UsageError as error:
        said = str(error).removeprefix(f"{path.name}: ")
        cure = "" if "Mend" in said or "Name" in said else " Mend the table."
        raise UsageError(f"audit: {path.name}: {said}{cure}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            f"audit: {path.name} has a cell that is not a number. Mend the table."
        ) from error


def _audit_kind(
    names: list[str], rows: list[dict[str, Any]], risk: tuple[int, int] | None
) -> list[Lint] | None:
    if {"row", "p_printed"} <= set(names) and len(_arms(names)) == 2:
        return _audit_counts(rows, _arms(names))
    if {"row", "p_printed"} <= set(names) and len(arms := _mean_arms(names)) == 2:
        return _audit_means(rows, arms)
    if "row" in names and (described := _with_quartiles(names)):
        return _audit_quartiles(rows, described)
    if {"contrast", "or", "lo", "hi", "p_printed"} <= set(names):
        from ehrivig.audit.contrasts import audit_contrasts

        return audit_contrasts(rows, risk)
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
    return plain(lint_published(rows))


def _arms(names: list[str]) -> list[str]:
    return [name[2:] for name in names if name.startswith("N_") and f"n_{name[2:]}" in names]


def _with_quartiles(names: list[str]) -> list[str]:
    """The columns that have a first and a third quartile beside them."""
    return [name for name in names if {f"{name}_q1", f"{name}_q3"} <= set(names)]


def _mean_arms(names: list[str]) -> list[str]:
    """The arms that have a mean, a standard deviation and a number of persons."""
    arms = [name[2:] for name in names if name.startswith("N_")]
    return [arm for arm in arms if f"mean_{arm}" in names and f"sd_{arm}" in names]


def _audit_means(rows: list[dict[str, Any]], arms: list[str]) -> list[Lint]:
    """Whether each printed p is that of a t test of its means and standard deviations."""
    from ehrivig.stats.tables.usual_tests import p_of_means

    tests: dict[str, dict[str, float]] = {}
    printed: dict[str, str] = {}
    found: list[Lint] = []
    for row in rows:
        name = row["row"]
        a, b = (
            (float(row[f"mean_{arm}"]), float(row[f"sd_{arm}"]), int(row[f"N_{arm}"]))
            for arm in arms
        )
        if min(a[1], b[1]) < 0:
            raise UsageError(f"row {name}: a standard deviation is below 0. Mend the table.")
        tests[name], printed[name] = p_of_means(a, b), row["p_printed"] or ""
        found += recomputed_p(name, tests[name], printed[name])
    return found + other_test(tests, printed, ("Student t", "Welch t"))


_IMPLIES = {"malignancy": "immunosuppression", "cirrhosis": "immunosuppression"}


def _audit_counts(rows: list[dict[str, Any]], arms: list[str]) -> list[Lint]:
    found: list[Lint] = []
    from ehrivig.stats.tables.usual_tests import p_of_counts

    tables, tests, printed = {}, {}, {}
    for row in rows:
        cells = [(int(row[f"n_{arm}"]), int(row[f"N_{arm}"])) for arm in arms]
        name = row["row"]
        tables[name], printed[name] = [[e, n - e] for e, n in cells], row["p_printed"] or ""
        tests[name] = p_of_counts(tables[name])
        found += recomputed_p(name, tests[name], printed[name])
    found += small_expected(tables, printed)
    found += other_test(tests, printed, ("Pearson", "Fisher"))
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
