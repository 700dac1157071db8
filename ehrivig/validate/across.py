"""What only shows when hospitals, runs or the study file are laid side by side.

Every function gives measurements that `judge` treats like those of the suites; `hospital_id` is
"all" where the finding belongs to no single hospital.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ehrivig.study import Study
from ehrivig.validate.measurement import Measurement

_TRANSFER_HOURS = 24
_LOG_TOLERANCE = math.log(4 / 3)
_FEWEST_VALUES = 20


def hospital_set(expected: Iterable[str], found: Iterable[str]) -> list[Measurement]:
    """Hospitals named by the study but not in the extract, or the reverse (kind 44).

    Nothing is measured when the study names none.
    """
    named, there = set(expected), set(found)
    if not named:
        return []
    different = named ^ there
    return [_of_study("study.hospital_set", "block", len(different), len(named | there))]


def post_baseline(study: Study) -> list[Measurement]:
    """Variables of the propensity score that happen after time zero, and are not allowed (40)."""
    courses = {outcome.name for outcome in study.outcomes.variables}
    used = study.match.covariates
    wrong = [n for n in used if n in courses and n not in study.match.allow_post_baseline]
    return [_of_study("study.post_baseline_covariate", "block", len(wrong), len(used))]


def transfers(stays: pl.DataFrame) -> pl.DataFrame:
    """One row per admission that follows, within 24 h, one of the same person elsewhere (kind 26).

    `stays`: hospital_id, admission_id, person_id, admitted_at, discharged_at. Gives hospital_id,
    admission_id, from_hospital_id, from_admission_id, sorted. A null person is no transfer.
    """
    key = ["hospital_id", "admission_id"]
    again = pl.col("person_id").is_not_null() & pl.col("person_id").is_duplicated()
    known = stays.filter(again).select(*key, "person_id", "admitted_at", "discharged_at")
    before = known.rename({name: f"from_{name}" for name in known.columns if name != "person_id"})
    gap = pl.col("admitted_at") - pl.col("from_discharged_at")
    near = gap.abs() <= pl.duration(hours=_TRANSFER_HOURS)
    elsewhere = pl.col("hospital_id") != pl.col("from_hospital_id")
    later = pl.col("admitted_at") > pl.col("from_admitted_at")
    pairs = known.join(before, on="person_id").filter(near & elsewhere & later)
    return pairs.select(*key, "from_hospital_id", "from_admission_id").unique().sort(pl.all())


def transfers_seen(stays: pl.DataFrame) -> list[Measurement]:
    """Admissions that continue a stay elsewhere, of those of a known person: a warning (kind 26).

    `stays` as for `transfers`. Nothing is measured where no person is known across hospitals.
    """
    if stays.is_empty():
        return []
    return [_of_study("study.transfer", "warn", transfers(stays).height, stays.height)]


def transfers_counted_twice(stays: pl.DataFrame, cohort: pl.DataFrame) -> list[Measurement]:
    """Transfers of which both admissions are in the cohort: one episode counted twice (kind 26).

    `cohort`: hospital_id and admission_id of who is studied.
    """
    inside = cohort.select("hospital_id", "admission_id").unique()
    pairs = transfers(stays).join(inside, on=["hospital_id", "admission_id"], how="semi")
    twice = pairs.join(
        inside.rename({name: f"from_{name}" for name in inside.columns}),
        on=["from_hospital_id", "from_admission_id"],
        how="semi",
    )
    return [_of_study("study.transfer_counted_once", "block", twice.height, inside.height)]


def unit_against_hospitals(
    medians: pl.DataFrame, factors: Mapping[str, Iterable[float]]
) -> list[Measurement]:
    """Analytes whose median is away from the other hospitals' by the factor between units (kind 1).

    `medians`: hospital_id, analyte, n, median (at least 20 values and two other hospitals count);
    `factors`: analyte -> conversion factors of its units. One row per hospital: analytes that are
    away by a factor (within a third), out of those compared.
    """
    enough = medians.filter((pl.col("n") >= _FEWEST_VALUES) & (pl.col("median") > 0))
    found = []
    for hospital_id in sorted(set(medians["hospital_id"])):
        away = compared = 0
        for analyte, own in _medians_of(enough, hospital_id):
            others = enough.filter(
                (pl.col("analyte") == analyte) & (pl.col("hospital_id") != hospital_id)
            )["median"].to_list()
            if len(others) < 2:
                continue
            compared += 1
            away += _by_a_factor(own, others, factors.get(analyte, ()))
        name = "study.unit_against_hospitals"
        found.append(Measurement(hospital_id, "lab", name, "block", away, compared))
    return found


def _medians_of(medians: pl.DataFrame, hospital_id: str) -> list[tuple[str, float]]:
    own = medians.filter(pl.col("hospital_id") == hospital_id).sort("analyte")
    return list(own.select("analyte", "median").iter_rows())


def _by_a_factor(own: float, others: Sequence[float], factors: Iterable[float]) -> bool:
    """Whether `own` is away from all others by one of the factors (4 and more) or its inverse."""
    logs = [abs(math.log(f)) for f in factors if f > 0 and abs(math.log(f)) >= math.log(4)]
    return any(
        all(abs(abs(math.log(own / other)) - factor) < _LOG_TOLERANCE for other in others)
        for factor in logs
    )


@dataclass(frozen=True)
class Change:
    """A violated share that changed since an earlier run; shares in [0, 1]."""

    hospital_id: str
    table: str
    check: str
    share_before: float
    share_now: float


def changes(
    now: Iterable[Measurement], before: Iterable[Measurement], points: float = 1.0
) -> list[Change]:
    """The checks whose violated share moved by more than `points` percentage points."""
    earlier = {(m.hospital_id, m.check): m for m in before}
    found = []
    for m in now:
        old = earlier.get((m.hospital_id, m.check))
        if old is not None and 100 * abs(m.share - old.share) > points:
            found.append(Change(m.hospital_id, m.table, m.check, old.share, m.share))
    return sorted(found, key=lambda c: (-abs(c.share_now - c.share_before), c.hospital_id, c.check))


def drift(
    now: Sequence[Measurement], before: Sequence[Measurement], points: float = 5.0
) -> list[Measurement]:
    """Per hospital: the checks that moved by more than `points` since the previous run."""
    moved = changes(now, before, points)
    earlier = {(m.hospital_id, m.check) for m in before}
    found = []
    for hospital_id in sorted({m.hospital_id for m in now}):
        compared = sum((hospital_id, m.check) in earlier for m in now)
        violated = sum(c.hospital_id == hospital_id for c in moved)
        if compared:
            found.append(
                Measurement(hospital_id, "study", "study.drift", "warn", violated, compared)
            )
    return found


def _of_study(check: str, severity: str, violated: int, denominator: int) -> Measurement:
    return Measurement("all", "study", check, severity, violated, denominator)  # type: ignore[arg-type]
