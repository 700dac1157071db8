"""What a run did, for the last lines and the one-line JSON summary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ehrivig.runs.state import Run
from ehrivig.store.folder import destination


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for the one-line JSON summary; null: it did not come so far."""

    study: str
    out: str
    exit_code: int
    message: str
    hospitals: list[str]
    dropped_hospitals: list[str]
    admissions: int | None = None
    cohort: int | None = None
    exposed: int | None = None
    pairs: int | None = None
    lints: int | None = None
    seconds: float = 0.0


def of_run(run: Run, out: Path) -> RunSummary:
    """The summary of a run that was written to `out`, or beside it."""
    return RunSummary(
        run.study.study.name,
        str(destination(out, run.exit_code)),
        run.exit_code,
        run.message,
        [result.hospital_id for result in run.results],
        run.dropped,
        seconds=run.seconds,
        **run.numbers,
    )


def repeated(run: Run, found: dict[str, Any], out: Path) -> RunSummary:
    """The summary of a run that changed nothing: the numbers of the one in `out`.

    `found`: the manifest of that one.
    """
    return RunSummary(
        found["study"],
        str(out),
        0,
        "unchanged",
        found["hospitals"],
        found["dropped_hospitals"],
        seconds=run.seconds,
        **found["numbers"],
    )
