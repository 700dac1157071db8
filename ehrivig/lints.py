"""What the published numbers teach, as checks on any table: ours or somebody else's.

Each check takes numbers and returns the lints it finds; `audit` runs all that fit a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import UsageError

SCHEMA = {"code": pl.String, "severity": pl.String, "message": pl.String, "numbers": pl.String}
_PRINTED_P = re.compile(r"^\s*([<>=])?\s*(\d*\.?\d+)\s*$")


@dataclass(frozen=True)
class Lint:
    """One finding: a stable code, how bad (error, warn, info), a sentence, the numbers behind."""

    code: str
    severity: str
    message: str
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)


def frame(lints: list[Lint]) -> pl.DataFrame:
    """Lints as the table `lints.csv`."""
    rows = [
        {
            "code": lint.code,
            "severity": lint.severity,
            "message": lint.message,
            "numbers": json.dumps(dict(lint.numbers), sort_keys=True),
        }
        for lint in lints
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


@dataclass(frozen=True)
class PrintedP:
    """A p-value as printed: its value, whether it is a bound, and its decimals."""

    value: float
    bound: str
    decimals: int

    @classmethod
    def parse(cls, text: str) -> PrintedP | None:
        """From text such as 0.032 or <0.001; None when it is no p-value."""
        found = _PRINTED_P.match(text)
        if not found:
            return None
        digits = found.group(2).partition(".")[2]
        return cls(float(found.group(2)), found.group(1) or "=", len(digits))

    def allows(self, p: float) -> bool:
        """Whether a recomputed p could have been printed like this (one unit of rounding)."""
        if self.bound == "<":
            return p < self.value or round(p, self.decimals) <= self.value
        if self.bound == ">":
            return p > self.value
        return abs(p - self.value) <= 10.0**-self.decimals


def recomputed_p(row: str, counts: list[list[int]], printed: str) -> list[Lint]:
    """Whether a printed p follows from its own counts, by Pearson's or Fisher's test.

    `counts` is [[events, no events] of each arm].
    """
    from ehrivig.stats import contingency

    claim = PrintedP.parse(printed)
    if claim is None:
        return []
    pearson = contingency.categorical_test(counts, policy="liu").p
    fisher = contingency.categorical_test(counts, policy="default").p
    if claim.allows(pearson) or claim.allows(fisher):
        return []
    message = (
        f"{row}: the printed p {printed} does not follow from its counts "
        f"(Pearson {pearson:.4f}): irreproducible"
    )
    return [Lint("irreproducible_p", "error", message, {"printed": printed, "pearson": pearson})]


def median_outside_iqr(row: str, median: float, q1: float, q3: float) -> list[Lint]:
    """Whether a printed "median" lies outside its own quartiles: then it is a mean."""
    if q1 <= median <= q3:
        return []
    message = f"{row}: the median {median:g} lies outside its IQR {q1:g}-{q3:g}: it is a mean"
    numbers = {"median": median, "q1": q1, "q3": q3}
    return [Lint("median_outside_iqr", "error", message, numbers)]


def unit_smell(row: str, cut: float, median: float, unit: str) -> list[Lint]:
    """Whether a cut lies a power of ten from the median it claims to be near."""
    if cut <= 0 or median <= 0:
        return []
    for factor in (10.0, 100.0, 1000.0):
        for guess in (factor, 1 / factor):
            if abs(cut * guess / median - 1) < 0.1 and not 0.5 < cut / median < 2:
                message = (
                    f"{row}: the cut {cut:g} {unit} is {guess:g} times off the median "
                    f"{median:g} {unit}: another unit?"
                )
                return [Lint("unit_smell", "warn", message, {"cut": cut, "median": median})]
    return []


def implication(implied: str, implied_n: int, by: str, by_n: int) -> list[Lint]:
    """Whether a condition that implies another is counted more often than the other."""
    if implied_n >= by_n:
        return []
    message = f"{implied} ({implied_n}) is less common than {by} ({by_n}), which implies it"
    return [Lint("implication", "error", message, {implied: implied_n, by: by_n})]


def orientation(
    row: str, modelled_events: int, modelled_n: int, described_events: int, described_n: int
) -> list[Lint]:
    """Whether a model's event is the complement of the event that it is named after.

    Compares the modelled risk with the descriptive risk of the same outcome in like people.
    """
    modelled, described = modelled_events / modelled_n, described_events / described_n
    if abs(modelled - described) <= abs((1 - modelled) - described) or abs(modelled - 0.5) < 0.02:
        return []
    message = (
        f"{row}: the modelled event has a risk of {modelled:.1%} where the outcome has "
        f"{described:.1%}; its complement has {1 - modelled:.1%}: the event is most likely inverted"
    )
    numbers = {"modelled_risk": modelled, "described_risk": described}
    return [Lint("orientation", "error", message, dict(numbers))]


def multiplicity(name: str, p_values: list[float], alpha: float = 0.05) -> list[Lint]:
    """Whether a family's smallest p is below alpha alone but not after Holm."""
    if len(p_values) < 2:
        return []
    smallest = min(p_values)
    holm = min(1.0, smallest * len(p_values))
    if smallest >= alpha or holm < alpha:
        return []
    message = (
        f"{name}: p = {smallest:.3g} is the smallest of {len(p_values)} contrasts; "
        f"after Holm it is {holm:.3g}"
    )
    return [Lint("multiplicity", "warn", message, {"p": smallest, "p_holm": holm})]


def audit(paths: list[Path], outcome: str = "death_28d") -> list[Lint]:
    """All findings in published tables; the columns of each say which kind it is.

    Kinds: counts per arm (`row, n_*, N_*` and `p_printed`), quartiles per arm (`row`, `x`, `x_q1`,
    `x_q3`), and contrasts (`contrast, or, lo, hi, p_printed` with events solved or printed). When
    a table of counts has the row `outcome`, the event of every contrast is held against its risk.
    Raises UsageError for a file that is none of them.
    """
    tables = {path: _read(path) for path in paths}
    risk = next((risk for rows in tables.values() if (risk := _risk(rows, outcome))), None)
    return [lint for path, rows in tables.items() for lint in _audit_one(path, rows, risk)]


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


def _audit_one(path: Path, rows: list[dict[str, Any]], risk: tuple[int, int] | None) -> list[Lint]:
    names = list(rows[0]) if rows else []
    try:
        found = _audit_kind(names, rows, risk)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"audit: {path.name} has a cell that is not a number. Mend the table."
        ) from error
    if found is None:
        raise UsageError(
            f"audit: {path.name} has none of the known sets of columns: row, n_ARM, N_ARM (two "
            "arms), p_printed; row, X, X_q1, X_q3; contrast, or, lo, hi, p_printed."
        )
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


def _arms(names: list[str]) -> list[str]:
    return [name[2:] for name in names if name.startswith("N_") and f"n_{name[2:]}" in names]


_IMPLIES = {"malignancy": "immunosuppression", "cirrhosis": "immunosuppression"}


def _audit_counts(rows: list[dict[str, Any]], arms: list[str]) -> list[Lint]:
    found: list[Lint] = []
    for row in rows:
        cells = [(int(row[f"n_{arm}"]), int(row[f"N_{arm}"])) for arm in arms]
        found += recomputed_p(row["row"], [[e, n - e] for e, n in cells], row["p_printed"] or "")
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
    p_values = [claim.value for row in rows if (claim := PrintedP.parse(row["p_printed"] or ""))]
    found = multiplicity("contrasts", p_values)
    arms = {(row.get("events_control_solved") or "", row.get("n_control") or "") for row in rows}
    for events, n in sorted(arms):
        if risk and events and n:
            found += orientation("control arm of the contrasts", int(events), int(n), *risk)
    return found
