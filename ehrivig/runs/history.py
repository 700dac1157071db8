"""The run history: one row per attempt, whatever became of it.

Only here (and in the manifest's seconds) does a run folder know the time: results never do. A run
that was written carries the rows of those before it; attempts that wrote nothing (exit codes 1, 2,
4, 6, and those that changed nothing) have theirs beside the folder (`runs.attempts`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import __version__
from ehrivig.errors import UsageError
from ehrivig.runs.state import Run
from ehrivig.store.folder import attempts_beside, last_attempt

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
    "changed": pl.String,
}
_NUMBERS = ("admissions", "cohort", "exposed", "pairs")
_ONE_ATTEMPT = ("finished_at", "command", "exit_code")
Row = dict[str, Any]


def now() -> str:
    """The time of day in UTC, as ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(run: Run) -> Row:
    """Write `history.csv` of a run: the rows of attempts before it, then its own, given back."""
    mine = _of_run(run)
    pl.concat([_of_all(run.earlier), as_rows([mine])]).write_csv(run.folder / FILE)
    return mine


def as_rows(rows: list[Row]) -> pl.DataFrame:
    """Rows of the history; what a row does not say is null."""
    return pl.DataFrame(rows, schema=SCHEMA)


def _of_run(run: Run) -> Row:
    """When a run ended (UTC), by which study, how, what it counted, what had changed before it.

    `hospitals_left_out` by the gate or unreadable; `hospitals_reused` had not changed since the run
    before; `admissions` before the first criterion, `cohort` after the last, null where the run did
    not come that far.
    """
    verdicts = [check.verdict for check in run.checks]
    return {
        **ended(run.command, run.study.study.name, run.exit_code, run.message, run.seconds),
        "hospitals": len(run.source.hospitals),
        "hospitals_reused": run.reused,
        "hospitals_left_out": len(run.dropped),
        **{name: run.numbers.get(name) for name in _NUMBERS},
        "checks_failed": verdicts.count("fail"),
        "checks_warned": verdicts.count("warn"),
        "rows_read": sum(sum(one.rows_read.values()) for one in run.results),
        "rows_quarantined": sum(sum(one.rows_quarantined.values()) for one in run.results),
        "changed": run.changed,
    }


def ended(command: str, study: str, exit_code: int, message: str, seconds: float) -> Row:
    """What the row of every attempt says: when it ended, and how."""
    return {
        "finished_at": now(),
        "command": command,
        "study": study,
        "version": __version__,
        "exit_code": exit_code,
        "seconds": seconds,
        "message": (message.splitlines() or [""])[0],
    }


def of_repeated(run: Run, found: dict[str, Any], message: str) -> Row:
    """The row of a run that would have repeated the last one, whose manifest is `found`."""
    numbers = found.get("numbers", {})
    return {
        **ended(run.command, run.study.study.name, run.exit_code, message, run.seconds),
        "hospitals": len(run.source.hospitals),
        "hospitals_reused": len(run.source.hospitals),
        "hospitals_left_out": len(found.get("dropped_hospitals", ())),
        **{name: numbers.get(name) for name in _NUMBERS},
        "changed": run.changed,
    }


def read(run: Path) -> pl.DataFrame:
    """One row per attempt to write a run to `run`, oldest first (columns of `SCHEMA`).

    Raises UsageError when nobody ever tried.
    """
    if not ((run / "manifest.json").is_file() or (attempts_beside(run) / FILE).is_file()):
        raise UsageError(f"history: {run.name} is not a run. Give the --out of a finished run.")
    return _of_all(run)


def seconds_before(run: Path, command: str) -> float | None:
    """How long the last good attempt of a command took; None where there was none."""
    try:
        rows = _of_all(run).filter(command=command, exit_code=0)
    except OSError:
        return None
    return rows["seconds"][-1] if rows.height else None


def _of_all(run: Path) -> pl.DataFrame:
    """The rows of a run folder and of what lies beside it, each once, oldest first."""
    places = (attempts_beside(run), run, last_attempt(run))
    rows = pl.concat([rows_in(place) for place in places])
    once = rows.unique(_ONE_ATTEMPT, keep="first", maintain_order=True)
    return once.sort("finished_at", maintain_order=True)


def rows_in(place: Path) -> pl.DataFrame:
    """The rows of one `history.csv`; none when it is absent or not one of ours."""
    path = place / FILE
    if not path.is_file():
        return as_rows([])
    try:
        found = pl.read_csv(path.read_bytes(), schema_overrides=SCHEMA)
    except (pl.exceptions.PolarsError, OSError):
        return as_rows([])  # cut by hand: the history begins anew
    if not set(_ONE_ATTEMPT) <= set(found.columns):
        return as_rows([])
    lacking = [pl.lit(None, kind).alias(n) for n, kind in SCHEMA.items() if n not in found.columns]
    return found.with_columns(lacking).select(SCHEMA.keys())
