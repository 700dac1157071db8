"""The run history: one row per run that was written, carried from each run folder to the next.

Only here (and in the manifest's seconds) does a run folder know the time: results never do. A run
that raised (exit codes 1, 2, 4, 6) or changed nothing writes no folder, and so has no row.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import __version__
from ehrivig.errors import UsageError
from ehrivig.runs.state import Run
from ehrivig.store.folder import last_attempt

FILE = "history.csv"
SCHEMA: dict[str, Any] = {
    "finished_at": pl.String,
    "command": pl.String,
    "study": pl.String,
    "version": pl.String,
    "exit_code": pl.Int64,
    "hospitals": pl.Int64,
    "hospitals_reused": pl.Int64,
    "hospitals_left_out": pl.Int64,
    "admissions": pl.Int64,
    "cohort": pl.Int64,
    "exposed": pl.Int64,
    "pairs": pl.Int64,
    "checks_failed": pl.Int64,
    "checks_warned": pl.Int64,
    "rows_read": pl.Int64,
    "rows_quarantined": pl.Int64,
    "seconds": pl.Float64,
    "message": pl.String,
}
_NUMBERS = ("admissions", "cohort", "exposed", "pairs")


def now() -> str:
    """The time of day in UTC, as ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(run: Run) -> None:
    """Write `history.csv` of a run: the rows of the run before it, then its own."""
    mine = pl.DataFrame([_row(run)], schema=SCHEMA)
    pl.concat([_of_both(run.earlier), mine]).write_csv(run.folder / FILE)


def _row(run: Run) -> dict[str, Any]:
    """When a run ended (UTC), by which study, how, and what it counted.

    `hospitals_left_out` by the gate or unreadable; `hospitals_reused` had not changed since the run
    before; `admissions` before the first criterion, `cohort` after the last, null where the run did
    not come that far.
    """
    verdicts = [check.verdict for check in run.checks]
    return {
        "finished_at": now(),
        "command": run.command,
        "study": run.study.study.name,
        "version": __version__,
        "exit_code": run.exit_code,
        "hospitals": len(run.source.hospitals),
        "hospitals_reused": run.reused,
        "hospitals_left_out": len(run.dropped),
        **{name: run.numbers.get(name) for name in _NUMBERS},
        "checks_failed": verdicts.count("fail"),
        "checks_warned": verdicts.count("warn"),
        "rows_read": sum(sum(one.rows_read.values()) for one in run.results),
        "rows_quarantined": sum(sum(one.rows_quarantined.values()) for one in run.results),
        "seconds": run.seconds,
        "message": run.message.splitlines()[0],
    }


def read(run: Path) -> pl.DataFrame:
    """One row per run that was written to `run`, oldest first (columns of `SCHEMA`).

    A later run that did not end with exit code 0 lies beside the folder and is listed too. Raises
    UsageError when `run` is no run.
    """
    if not (run / "manifest.json").is_file():
        raise UsageError(f"history: {run.name} is not a run. Give the --out of a finished run.")
    return _of_both(run)


def _of_both(run: Path) -> pl.DataFrame:
    """The rows of a run folder and of the blocked attempt beside it, each once, oldest first."""
    rows = pl.concat([_rows(run), _rows(last_attempt(run))])
    return rows.unique(maintain_order=True).sort("finished_at", maintain_order=True)


def _rows(run: Path) -> pl.DataFrame:
    """The rows of one `history.csv`; none when it is absent or not one of ours."""
    path = run / FILE
    empty = pl.DataFrame(schema=SCHEMA)
    if not path.is_file():
        return empty
    try:
        return pl.read_csv(path, schema_overrides=SCHEMA).select(SCHEMA.keys())
    except (pl.exceptions.PolarsError, OSError):
        return empty  # another version's, or cut by hand: the history begins anew
