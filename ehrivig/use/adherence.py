"""Whether an observed series of doses follows a regimen.

Three verdicts: `adherent` (every cycle seen is as planned, and none is overdue), `deviates` (with
the first deviation), `not_assessable` (no dose, no weight, left-truncated, or an unknown that could
hide a deviation).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

from ehrivig.study.regimen import Regimen
from ehrivig.use.cycles import UNKNOWN, Cycle, Dose, Finding, Follower, Patient, usable

Verdict = Literal["adherent", "deviates", "not_assessable"]
_VERDICT_SCHEMA: dict[str, pl.DataType] = {
    "regimen": pl.String(),
    "verdict": pl.String(),
    "reason": pl.String(),
    "first_deviation": pl.String(),
    "first_deviation_on": pl.Date(),
    "completed": pl.Boolean(),
    "n_cycles": pl.Int64(),
}
_CYCLE_SCHEMA: dict[str, pl.DataType] = {
    "drug": pl.String(),
    "number": pl.Int64(),
    "started_on": pl.Date(),
    "stopped_on": pl.Date(),
    "n_dose_days": pl.Int64(),
    "dose_g": pl.Float64(),
    "amount": pl.Float64(),
    "gap_days": pl.Int64(),
    "planned": pl.String(),
    "finding": pl.String(),
}


@dataclass(frozen=True)
class Adherence:
    """The verdict on one series. `reason`: the first deviation, or why nothing can be said.

    completed: whether every planned cycle was seen (a regimen without end is never completed).
    """

    regimen: str
    verdict: Verdict
    reason: str
    first_deviation: Finding | None
    first_deviation_on: date | None
    completed: bool
    cycles: tuple[Cycle, ...]


def adherence(
    doses: Iterable[Dose], regimen: Regimen, patient: Patient, judged: str | None = None
) -> Adherence:
    """How a series of doses compares with a regimen.

    judged: the drug without any dose of which nothing is judged (None: the first of the regimen).
    Doses of drugs that the regimen does not name are left out. Raises nothing: what cannot be
    judged is not_assessable.
    """
    judged = judged or regimen.drugs[0]
    mine = sorted((d for d in doses if d.drug in regimen.drugs), key=lambda d: (d.day, d.drug))
    if not any(dose.drug == judged for dose in mine):
        return _verdict(regimen, "not_assessable", "no dose", (), completed=False)
    start = mine[0].day
    cycles: list[Cycle] = []
    completed = True
    for drug in regimen.drugs:
        follower = Follower(regimen, drug, start, patient)
        cycles += follower.follow([dose for dose in mine if dose.drug == drug])
        completed &= follower.ended
    cycles.sort(key=lambda cycle: (cycle.started_on, cycle.drug, cycle.number))
    reason = _not_assessable(regimen, patient, start)
    if reason:
        return _verdict(regimen, "not_assessable", reason, cycles, completed=completed)
    deviations = [c for c in cycles if c.finding not in UNKNOWN and c.finding != "as_planned"]
    if deviations:
        return _verdict(regimen, "deviates", "", cycles, completed=completed, first=deviations[0])
    unknown = [cycle.finding for cycle in cycles if cycle.finding in UNKNOWN]
    if unknown:
        reason = unknown[0].replace("_", " ")
        return _verdict(regimen, "not_assessable", reason, cycles, completed=completed)
    return _verdict(regimen, "adherent", "", cycles, completed=completed)


def _verdict(
    regimen: Regimen,
    verdict: Verdict,
    reason: str,
    cycles: Sequence[Cycle],
    *,
    completed: bool,
    first: Cycle | None = None,
) -> Adherence:
    if first is not None:
        words = first.finding.replace("_", " ")
        reason = f"{first.drug} cycle {first.number}: {words} (planned: {first.planned})"
    return Adherence(
        regimen.name,
        verdict,
        reason,
        first.finding if first else None,
        first.started_on if first else None,
        completed,
        tuple(cycles),
    )


def _not_assessable(regimen: Regimen, patient: Patient, start: date) -> str:
    """Why no verdict is possible on any series of this patient; empty when one is."""
    seen_from = patient.observed_from
    if seen_from is not None and (
        start < seen_from or (start - seen_from).days < regimen.lookback_days
    ):
        return "left-truncated"
    if not usable(patient.weight_kg) and any(step.needs_weight for step in regimen.step):
        return "weight missing"
    return ""


def adherence_tables(
    doses: pl.DataFrame,
    patients: pl.DataFrame,
    regimen: Regimen,
    key: str = "patient_id",
    judged: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Verdicts (one row per row of `patients`) and cycles (one row per cycle), sorted by `key`.

    doses: key, day (Date), dose_g, and optionally drug (else `judged`), product_type, complete (a
    day whose amount is only a lower bound counts as unknown): `features.courses.daily_doses` gives
    it. judged: the drug whose series it is, the exposure of a study (None: the regimen's first).
    patients: key, and of weight_kg, height_cm, onset_on, observed_from, observed_until what is
    known. Empty inputs keep the schema.
    """
    known = [name for name in Patient.__dataclass_fields__ if name in patients.columns]
    series: dict[Any, list[Dose]] = {}
    for row in doses.sort(key, "day").iter_rows(named=True):
        series.setdefault(row[key], []).append(_dose(row, judged or regimen.drugs[0]))
    verdicts: list[dict[str, Any]] = []
    cycles: list[dict[str, Any]] = []
    for row in patients.sort(key).iter_rows(named=True):
        patient = Patient(**{name: row[name] for name in known})
        found = adherence(series.get(row[key], []), regimen, patient, judged)
        content = asdict(found)
        verdicts.append({key: row[key], "n_cycles": _seen(found), **content})
        cycles += [{key: row[key], **cycle} for cycle in content["cycles"]]
    keyed = {key: patients.schema[key]}
    return (
        pl.DataFrame(verdicts, schema={**keyed, **_VERDICT_SCHEMA}),
        pl.DataFrame(cycles, schema={**keyed, **_CYCLE_SCHEMA}),
    )


def _seen(found: Adherence) -> int:
    return sum(cycle.n_dose_days > 0 for cycle in found.cycles)


def _dose(row: dict[str, Any], drug: str) -> Dose:
    amount = row["dose_g"] if row.get("complete", True) else None
    return Dose(row["day"], amount, row.get("drug", drug), row.get("product_type"))
