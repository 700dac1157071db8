"""What the published numbers teach, as checks on any table: ours or somebody else's.

Each check takes numbers and returns the lints it finds; `ehrivig.audit` runs them on CSV tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ehrivig.meta.lint import Lint

SCHEMA = {"code": pl.String, "severity": pl.String, "message": pl.String, "numbers": pl.String}
_PRINTED_P = re.compile(r"^\s*([<>=])?\s*(\d*\.?\d+)\s*$")


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


def recomputed_p(row: str, tests: Mapping[str, float], printed: str) -> list[Lint]:
    """Whether a printed p is that of any usual test: `tests` are p by the name of the test."""
    claim = PrintedP.parse(printed)
    if claim is None or not tests or any(claim.allows(p) for p in tests.values()):
        return []
    shown = ", ".join(f"{name} {p:.4f}" for name, p in list(tests.items())[:3])
    message = (
        f"{row}: the printed p {printed} does not follow from its counts by any usual test "
        f"({shown}): irreproducible"
    )
    numbers = {"printed": printed} | {_word(name): p for name, p in tests.items()}
    return [Lint("irreproducible_p", "error", message, numbers)]


def _word(test: str) -> str:
    """The name of a test as a key."""
    return re.sub(r"[^a-z0-9]+", "_", test.lower()).strip("_")


def other_test(
    tests: Mapping[str, Mapping[str, float]], printed: Mapping[str, str], expected: Sequence[str]
) -> list[Lint]:
    """Rows whose printed p is of another usual test than the `expected`: one note for the table."""
    rows = []
    for row, found in tests.items():
        claim = PrintedP.parse(printed[row])
        allowed = [] if claim is None else [name for name, p in found.items() if claim.allows(p)]
        if allowed and not set(allowed) & set(expected):
            rows.append(f"{row} ({allowed[0]} {found[allowed[0]]:.3g})")
    if not rows:
        return []
    message = f"p-values of other tests than {' or '.join(expected)}: {', '.join(rows)}"
    return [Lint("p_of_other_test", "info", message, {"rows": len(rows)})]


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


def multiplicity(
    name: str, p_values: list[float], alpha: float = 0.05, printed: list[float] | None = None
) -> list[Lint]:
    """Whether a family's smallest p is below alpha alone but not after Holm.

    `printed`: the rounded p-values, where `p_values` were recomputed.
    """
    if len(p_values) < 2:
        return []
    smallest = min(p_values)
    holm = min(1.0, smallest * len(p_values))
    if smallest >= alpha or holm < alpha:
        return []
    shown = min(printed) if printed else smallest
    message = (
        f"{name}: p = {shown:.3g} is the smallest of {len(p_values)} contrasts; "
        f"after Holm it is {holm:.2g}"
    )
    numbers = {"p": smallest, "p_holm": holm}
    if printed:
        rounded = min(1.0, shown * len(p_values))
        message += f" (recomputed; {rounded:.2g} from the printed p)"
        numbers["p_holm_printed"] = rounded
    return [Lint("multiplicity", "warn", message, numbers)]


def small_expected(counts: Mapping[str, list[list[int]]], printed: Mapping[str, str]) -> list[Lint]:
    """Rows whose p is Pearson's although an expected count is below 5: one note for the table."""
    from ehrivig.stats.tables import contingency

    rows = []
    for row, table in counts.items():
        claim = PrintedP.parse(printed[row])
        pearson = contingency.categorical_test(table, policy="liu")
        fisher = contingency.categorical_test(table, policy="default")
        if claim is None or "isher" not in fisher.test:
            continue
        if claim.allows(pearson.p) and not claim.allows(fisher.p):
            rows.append(f"{row} (Fisher {fisher.p:.3g})")
    if not rows:
        return []
    message = (
        "p-values are Pearson's, without continuity correction, also where an expected count is "
        f"below 5: {', '.join(rows)}"
    )
    return [Lint("pearson_small_expected", "info", message, {"rows": len(rows)})]
