"""How a run ends: a row of the history, the metrics, and a sealed manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ehrivig.runs import history, manifest, metrics
from ehrivig.runs.hospital import HospitalResult
from ehrivig.study import Study
from ehrivig.validate import Check

Command = Literal["run", "check"]


@dataclass(frozen=True)
class Ending:
    """A run that has written its results: how it ended, and what it counted on the way.

    `numbers`: admissions, cohort, exposed, pairs, lints, as far as the run came. `hospitals`: all
    of the extract; `reused`: those that had not changed. `seconds` since the run began.
    """

    command: Command
    study: Study
    exit_code: int
    message: str
    results: list[HospitalResult]
    left_out: list[str]
    checks: list[Check]
    numbers: dict[str, int]
    hospitals: int
    reused: int
    seconds: float


def write(folder: Path, earlier: Path, run: Ending) -> None:
    """Write `history.csv` and `metrics.prom` in `folder`, then seal its manifest."""
    history.write(folder, earlier, _entry(run))
    metrics.write(folder, _counted(run))
    manifest.seal(folder)


def _entry(run: Ending) -> history.Entry:
    verdicts = [check.verdict for check in run.checks]
    return history.Entry(
        command=run.command,
        study=run.study.study.name,
        version=manifest.package_version(),
        exit_code=run.exit_code,
        hospitals=run.hospitals,
        hospitals_reused=run.reused,
        hospitals_left_out=len(run.left_out),
        **{name: run.numbers.get(name) for name in history.NUMBERS},
        checks_failed=verdicts.count("fail"),
        checks_warned=verdicts.count("warn"),
        rows_read=sum(sum(r.rows_read.values()) for r in run.results),
        rows_quarantined=sum(sum(r.rows_quarantined.values()) for r in run.results),
        seconds=round(run.seconds, 2),
        message=run.message.splitlines()[0],
        finished_at=history.now(),
    )


def _counted(run: Ending) -> metrics.Run:
    return metrics.Run(
        run.study.study.name,
        manifest.package_version(),
        run.exit_code,
        run.results,
        run.left_out,
        run.checks,
        run.numbers,
        run.study.report.smallest_cell,
    )
