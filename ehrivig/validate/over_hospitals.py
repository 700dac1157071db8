"""What a check over hospitals is, of whatever family."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ehrivig.validate.network import Network
from ehrivig.validate.suite import Severity

Counts = Iterable[tuple[str, int, int]]
"""hospital_id (or "all"), violated, denominator."""


@dataclass(frozen=True)
class CheckOverHospitals:
    """One check over hospitals: `measure` gives its counts, none where it does not apply.

    `threshold`: the largest tolerated proportion; `told`: what a failure says beside `message`;
    `of_people`: false where hospitals or variables are counted, whose small numbers may be told;
    `warns_below`: of a block check, whether it warns of what its threshold tolerates.
    """

    check: str
    measure: Callable[[Network], Counts]
    severity: Severity
    message: str
    kinds: tuple[int, ...] = ()
    table: str = "study"
    needs_cohort: bool = False
    threshold: float = 0.0
    told: Callable[[Network], str] | None = None
    of_people: bool = True
    warns_below: bool = False
