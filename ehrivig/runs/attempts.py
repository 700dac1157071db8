"""Every attempt on record in `<out>.attempts/`, beside the run folder, however it ended.

`history.csv` has a row for each, `metrics.prom` tells a monitor of the last one, and `last.json`
what it was made of, from which the next one says what has changed. No run replaces them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ehrivig.errors import EhrivigError, FolderBusy, UsageError, stopped_by_hand
from ehrivig.runs import attempt_metrics, history, made_of
from ehrivig.runs.history import Row
from ehrivig.runs.made_of import Made
from ehrivig.runs.state import Command, Run
from ehrivig.store import StorePath, place
from ehrivig.store.folder import attempts_beside, refuse_foreign, refuse_overlap
from ehrivig.store.text import held, replace_text
from ehrivig.study import Study

_LONGEST_MESSAGE = 500
INTERRUPTED = 130
"""The exit code that a shell gives a command that was stopped by hand."""


@dataclass
class Attempt:
    """One attempt under way: what is known of it so far. `row`: of one that came to its end."""

    command: Command
    out: Path
    extract: Path
    name: str
    study: Study | None = None
    run: Run | None = None
    row: Row | None = None
    started: float = field(default_factory=time.perf_counter)

    def of(self, study: Study) -> None:
        """Note the study, once it could be read."""
        self.study, self.name = study, study.study.name

    def begun(self, run: Run) -> None:
        """Note the run, once it has looked at its input; it is told what has changed."""
        self.run = run
        run.changed = made_of.changes(self._before(), self._made())

    def _before(self) -> Made:
        return made_of.read(attempts_beside(self.out))

    def _made(self) -> Made:
        return made_of.of(self.study, self.run.inputs if self.run else None)

    def failed(self, exit_code: int, message: str) -> None:
        """Note an end that left no run."""
        seconds = round(time.perf_counter() - self.started, 2)
        line = " ".join(message.split())[:_LONGEST_MESSAGE]
        row = history.ended(self.command, self.name, exit_code, line, seconds)
        changed = self.run.changed if self.run else made_of.changes(self._before(), self._made())
        self.row = {**row, "changed": changed}

    def record(self) -> None:
        """Write the row, the metrics, and what the attempt was made of."""
        if self.row is None:
            return
        folder, busy = attempts_beside(self.out), self.row["exit_code"] == FolderBusy.exit_code
        with held(folder):
            every = [*history.rows_in(folder).to_dicts(), self.row]
            replace_text(folder / history.FILE, history.as_rows(every).write_csv())
            replace_text(folder / attempt_metrics.FILE, attempt_metrics.exposition(every))
            if not busy:
                made_of.write(folder, self._before() | self._made())


@contextlib.contextmanager
def on_record(
    command: Command, study: object, extract: str | Path, out: str | Path
) -> Iterator[Attempt]:
    """Put what happens in the block on record, whatever that is; errors go on."""
    name = study.study.name if isinstance(study, Study) else Path(str(study)).stem
    attempt = Attempt(command, place(out), place(extract), name)
    try:
        yield attempt
    except BaseException as error:
        attempt.failed(*_ended_by(error))
        raise
    finally:
        _record(attempt)


def _ended_by(error: BaseException) -> tuple[int, str]:
    """Exit code and message of an attempt that raised; of a fault of the program no values."""
    if isinstance(error, EhrivigError):
        return error.exit_code, str(error)
    if stopped_by_hand(error):
        return INTERRUPTED, "stopped by hand"
    if isinstance(error, SystemExit):
        return int(error.code or 0), "stopped by a signal"
    return EhrivigError.exit_code, f"internal error ({type(error).__name__})"


def _record(attempt: Attempt) -> None:
    """Record an attempt where its `out` may be one; a disk that cannot take it hides no result."""
    with contextlib.suppress(OSError):
        if _may_be_recorded(attempt):
            attempt.record()


def _may_be_recorded(attempt: Attempt) -> bool:
    """Whether a run could lie at `out`: nothing is written beside what is somebody else's."""
    if isinstance(attempt.out, StorePath):
        return True
    try:
        refuse_overlap(attempt.out, attempt.extract)
        refuse_foreign(attempt.out)
    except UsageError:
        return False
    return attempt.out.parent.is_dir()
