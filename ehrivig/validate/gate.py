"""The gate over all hospitals: verdicts, what the policy does about them, and what is kept."""

from __future__ import annotations

import polars as pl

from ehrivig import validate
from ehrivig.dataset import KEY
from ehrivig.errors import GateBlocked
from ehrivig.runs import earlier, tables
from ehrivig.runs.hospital import HospitalResult
from ehrivig.runs.state import Run
from ehrivig.study import Study
from ehrivig.validate import hospitals, quality

_OF_STAY = [*KEY, "person_id", "admitted_at", "discharged_at", "death_at", "discharge_status"]


def policy(study: Study, hospital_id: str) -> str:
    """What a failing hospital does to the run; a failure of no single hospital always stops it."""
    if hospital_id == hospitals.ALL:
        return "block_run"
    return study.quality.hospitals.get(hospital_id, study.quality.block)


def judge(this: Run) -> None:
    """Verdicts of every hospital; raises GateBlocked when the policy blocks the run."""
    this.progress("judging the measurements")
    before = earlier.read(this.earlier, this.fingerprint)
    this.across = hospitals.before_cohort(
        this.study,
        hospitals.expected_hospitals(this.study, this.source.root),
        this.results,
        list(this.unreadable),
        before[-1] if before else [],
    )
    measured = [m for result in this.results for m in result.measurements]
    this.checks = validate.judge([*measured, *this.across], this.study)
    failing = validate.blocked_hospitals(this.checks, this.study)
    this.dropped = sorted({*failing, *this.unreadable} - {hospitals.ALL})
    stop = [name for name in failing if policy(this.study, name) == "block_run"]
    if stop or len(this.dropped) == len(this.source.hospitals):
        raise GateBlocked(validate.blocked_message(this.checks, stop or failing))


def judge_arms(this: Run, kept: list[HospitalResult], table: pl.DataFrame) -> None:
    """Verdicts that need the cohort; raises GateBlocked when one of them fails."""
    stays = tables.scan(kept, "screened").select(_OF_STAY).collect()
    scope, dosing = (tables.gather(kept, name) for name in ("scope", "dosing"))
    measured = hospitals.after_cohort(this.study, kept, stays, scope, dosing, table)
    this.across += measured
    checks = validate.judge(measured, this.study)
    this.checks += checks
    failing = validate.blocked_hospitals(checks, this.study)
    if failing:
        raise GateBlocked(validate.blocked_message(checks, failing))


def close(this: Run) -> None:
    """Write the checks, the quarantine of all hospitals, and the data quality report."""
    before = earlier.read(this.earlier, this.fingerprint)
    names = earlier.labels(len(before))
    quality.write(
        this.folder,
        this.study,
        this.results,
        this.checks,
        this.dropped,
        [quality.EarlierRun(name, run) for name, run in zip(names, before, strict=True)],
    )
    measured = [m for result in this.results for m in result.measurements]
    path = this.folder / earlier.MEASUREMENTS
    validate.write_measurements([*measured, *this.across], path)
    earlier.write(this.folder, before)
