"""The verdicts of a run: over all hospitals, over the arms, and what is kept of them."""

from __future__ import annotations

import polars as pl

from ehrivig import validate
from ehrivig.audit import lints as audit
from ehrivig.dataset import KEY
from ehrivig.disclosure import shown
from ehrivig.meta.lint import Lint
from ehrivig.runs import datasets, earlier, tables
from ehrivig.runs.state import Run
from ehrivig.study import clock
from ehrivig.validate import gate, hospitals, quality, switched_off, unused_mappings
from ehrivig.validate.measurement import ALL
from ehrivig.validate.network import Network, Studied, expected_hospitals

_OF_STAY = [
    *KEY,
    "patient_id",
    "person_id",
    "admitted_at",
    "discharged_at",
    "death_at",
    "discharge_status",
]

_NAMED = 5  # checks that a message names


def judge(run: Run) -> None:
    """Verdicts of every hospital; raises GateBlocked when the policy blocks the run."""
    run.progress("judging the measurements")
    network = _network(run)
    run.across = hospitals.measure(network)
    run.unused_mappings = network.unused_mappings
    measured = [m for result in run.results for m in result.measurements]
    run.checks = validate.judge([*measured, *run.across], run.study)
    notes = hospitals.notes(network, [one.check for one in run.checks if one.verdict == "fail"])
    decision = gate.decide(run.checks, run.study, run.source.hospitals, run.unreadable, notes)
    run.dropped = list(decision.dropped)
    decision.enforce()


def judge_arms(run: Run, table: pl.DataFrame, attrition: pl.DataFrame) -> bool:
    """Verdicts that need the cohort; whether they leave hospitals out, which are then `dropped`.

    Raises GateBlocked when the policy blocks the run. Of a cohort that is to be made anew only the
    verdicts on the hospitals that go are kept.
    """
    stays = tables.scan(run, "screened").select(_OF_STAY).collect()
    scope, dosing = (tables.gather(run, name) for name in ("scope", "dosing"))
    network = _network(run, Studied(stays, scope, dosing, table, _exposure_known(attrition)))
    measured = hospitals.measure(network)
    checks = validate.judge(measured, run.study)
    notes = hospitals.notes(network, [one.check for one in checks if one.verdict == "fail"])
    decision = gate.decide(checks, run.study, [one.hospital_id for one in run.kept], notes=notes)
    gone = set(decision.dropped) if not decision.blocked else set()
    run.across += [one for one in measured if not gone or one.hospital_id in gone]
    run.checks += [one for one in checks if not gone or one.hospital_id in gone]
    decision.enforce()
    run.dropped = sorted({*run.dropped, *gone})
    return bool(gone)


def set_aside(run: Run) -> str:
    """What the gate took that may be missing where nothing is left, for a message; may be empty."""
    taken = [
        check
        for check in run.checks
        if check.verdict != "pass"
        and check.severity in ("quarantine", "block")
        and check.table in ("patient", "admission", "medication", "study")
        and check.violated >= run.study.report.smallest_cell
    ]
    taken.sort(key=lambda check: -check.violated)
    told = [
        f"{check.check} (hospital {check.hospital_id}: {check.violated:,} of {check.denominator:,})"
        for check in taken[:_NAMED]
    ]
    return f" What the gate set aside: {'; '.join(told)}." if told else ""


def _exposure_known(attrition: pl.DataFrame) -> list[tuple[str, int, int]]:
    """Hospital, people whose exposure is unknown, the others; none where all is known."""
    last = attrition.filter(
        (pl.col("criterion") == "exposure_known") & (pl.col("hospital_id") != ALL)
    )
    return list(last.select("hospital_id", "excluded", "admissions").iter_rows())


def write(run: Run) -> None:
    """Write the checks, the quarantine of all hospitals, and the data quality report."""
    names = earlier.labels(len(run.before))
    before = [quality.EarlierRun(name, one) for name, one in zip(names, run.before, strict=True)]
    gated = (run.folder, run.study, run.results, run.checks, run.dropped, before)
    quality.write(*gated, simulated=run.source.synthetic)
    measured = [m for result in run.results for m in result.measurements]
    validate.write_measurements([*measured, *run.across], run.folder / earlier.MEASUREMENTS)
    earlier.write(run.folder, run.before)
    if run.unused_mappings:
        told = unused_mappings.frame(run.unused_mappings)
        told.write_csv(run.folder / "quality" / "mappings.csv")


def lints(run: Run) -> pl.DataFrame:
    """What a reader of the results should know of the signed mappings and the clock, as lints."""
    found = [Lint("mapping_unused", "warn", one.message) for one in run.unused_mappings]
    return audit.frame([*found, *_of_clock(run)])


def _of_clock(run: Run) -> list[Lint]:
    """That there is no calendar, and of whom nobody knows which stay came first."""
    said = clock.told(run.study)
    if not said:
        return []
    off = len(switched_off.checks(run.study))
    said = f"{said} {off} checks are off, by name in quality/index.html and manifest.json"
    found = [Lint("no_calendar", "warn", said)]
    if run.unordered:
        persons = shown(run.unordered, run.study.report.smallest_cell)
        words = "the source does not tell which of their stays came first: one of these is studied"
        found.append(Lint("stays_of_unknown_order", "warn", f"{persons} people: {words}"))
    return found


def _network(run: Run, studied: Studied | None = None) -> Network:
    """The hospitals side by side: all that were read, or once the cohort stands those kept."""
    return Network(
        run.study,
        expected_hospitals(run.study, run.source.folder),
        run.kept if studied else run.results,
        list(run.unreadable),
        run.before[-1] if run.before else [],
        lambda name, hospitals: datasets.scan(run.folder, name, hospitals),
        studied,
        run.before,
        lambda name, hospitals: earlier.scan(run.earlier, run.fingerprint, name, hospitals),
        [(one.table, one.n_lost, one.n_rows) for one in run.source.unplaced],
    )
