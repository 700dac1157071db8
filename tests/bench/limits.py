"""What the project promised about speed and memory, and whether a measurement keeps it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """One promise: a quantity of the benchmark must be at most (or at least) a number."""

    quantity: str
    bound: float
    unit: str
    at_least: bool = False

    def verdict(self, measured: float | None) -> str:
        """One line: PASS, FAIL, or not measured."""
        sign = ">=" if self.at_least else "<="
        told = f"{self.quantity} {sign} {self.bound:g} {self.unit}"
        if measured is None:
            return f"  ----  {told}: not measured here"
        kept = measured >= self.bound if self.at_least else measured <= self.bound
        return f"  {'PASS' if kept else 'FAIL'}  {told}: {measured:.3g}"


LIMITS = (
    Limit("whole run, multiple of the bare scan of the columns it reads", 6, "x"),
    Limit("whole run, peak resident memory with --memory 2GB", 2000, "MB"),
    Limit("whole run, CPU at 500 MB against CPU at 2 GB", 1.2, "x"),
    Limit("whole run, growth exponent", 1.05, ""),
    Limit("cohort and baseline, multiple of the bare scan of four columns", 1.6, "x"),
    Limit("gate, multiple of the bare scan of the columns it reads", 3, "x"),
    Limit("dosing, million administrations per CPU second", 7, "M/s", at_least=True),
    Limit("ehrivig --help", 0.3, "s"),
    Limit("ehrivig run on 100 patients", 6, "s"),
    Limit("make study (demo and run, from an empty folder)", 60, "s"),
    Limit("demo of 1 million patients: run, peak resident memory with --memory 2GB", 2000, "MB"),
)


def verdicts(measured: dict[str, float]) -> list[str]:
    """A line for each limit, and for every promise that nobody measured."""
    unknown = sorted(set(measured) - {limit.quantity for limit in LIMITS})
    if unknown:
        raise ValueError(f"no limit of the name {unknown[0]!r}")
    return [limit.verdict(measured.get(limit.quantity)) for limit in LIMITS]
