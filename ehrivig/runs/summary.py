"""What a run did, for the last lines and the one-line JSON summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ehrivig import release
from ehrivig.disclosure import small
from ehrivig.runs.state import Run
from ehrivig.store.folder import destination
from ehrivig.validate import left

UNCHANGED = "unchanged"


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for the one-line JSON summary; null: it did not come so far.

    `warned_checks`: ids of the checks that warn somewhere; `rows_rejected`: of all tables (null
    where few, as no share tells a small count);
    `smallest_share_kept`: what the gate left where it left least, in [0, 1], and of what
    ("B: medication"); `diagnostics_failed`: names of the diagnostics of the answer that fail;
    `report`: the page to read; `release_kept_since`: when the
    release was made, where it is that of an earlier run (few people are new since then).
    """

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
    warned_checks: list[str] = field(default_factory=list)
    rows_rejected: int | None = None
    smallest_share_kept: float | None = None
    smallest_share_kept_of: str = ""
    diagnostics_failed: list[str] = field(default_factory=list)
    report: str = ""
    release_kept_since: str = ""
    seconds: float = 0.0


def of_run(run: Run, out: Path) -> RunSummary:
    """The summary of a run that was written to `out`, or beside it."""
    of_study: dict[str, Any] = {**run.numbers}
    return RunSummary(
        run.study.study.name,
        str(destination(out, run.exit_code)),
        run.exit_code,
        run.message,
        [result.hospital_id for result in run.results],
        run.dropped,
        **_gated(run),
        diagnostics_failed=run.failed,
        report=_page(destination(out, run.exit_code)),
        release_kept_since=release.kept_since(destination(out, run.exit_code)),
        seconds=run.seconds,
        **of_study,
    )


def _gated(run: Run) -> dict[str, Any]:
    """What the gate warned of, set aside and left."""
    warned = sorted({check.check for check in run.checks if check.verdict == "warn"})
    rejected = sum(sum(one.rows_quarantined.values()) for one in run.results)
    smallest = run.study.report.smallest_cell
    least = left.smallest_kept(run.results, smallest)
    return {
        "warned_checks": warned,
        "rows_rejected": None if small(rejected, smallest) else rejected,
        "smallest_share_kept": round(least.share, 4) if least else None,
        "smallest_share_kept_of": f"{least.hospital_id}: {least.table}" if least else "",
    }


def _page(out: Path) -> str:
    """The page that tells what happened: the report, or that of the gate where there is none."""
    report = out / "report.html"
    return str(report if report.is_file() else out / "quality" / "index.html")


def repeated(run: Run, found: dict[str, Any], out: Path) -> RunSummary:
    """The summary of a run that changed nothing: how the last one ended, and its numbers.

    `found`: the manifest of that one, which lies in `out`, or beside it.
    """
    good = found["exit_code"] == 0
    return RunSummary(
        found["study"],
        str(out if good else destination(out, found["exit_code"])),
        found["exit_code"],
        UNCHANGED if good else f"{UNCHANGED}: {found['message']}",
        found["hospitals"],
        found["dropped_hospitals"],
        release_kept_since=release.kept_since(out),
        seconds=run.seconds,
        **found["numbers"],
    )
