"""The gate's one policy: which verdicts stop a run, and which leave a hospital out.

`run`, `check`, `check --rejudge` and the work on a single hospital all decide here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ehrivig.errors import GateBlocked
from ehrivig.study import Study
from ehrivig.validate.judgement import judge, line_of
from ehrivig.validate.measurement import ALL, Check, Measurement
from ehrivig.validate.suite import by_check

_LINES = 20


def stops_run(study: Study, hospital_id: str) -> bool:
    """Whether a failure of this hospital stops the run; else the hospital is left out.

    A failure of no single hospital ("all") always stops it.
    """
    action = study.quality.hospitals.get(hospital_id, study.quality.block)
    return hospital_id == ALL or action == "block_run"


@dataclass(frozen=True)
class Decision:
    """What the verdicts mean for a run.

    `failing`: hospitals with a failed check (and "all"), sorted; `dropped`: the hospitals that the
    study runs without, failing or unreadable; `message`: what blocks the run, empty unless
    `blocked`.
    """

    failing: tuple[str, ...]
    dropped: tuple[str, ...]
    blocked: bool
    message: str

    def enforce(self) -> None:
        """Raise GateBlocked when the run is blocked."""
        if self.blocked:
            raise GateBlocked(self.message)


def decide(
    checks: Iterable[Check],
    study: Study,
    hospitals: Iterable[str],
    unreadable: Iterable[str] = (),
    notes: Mapping[str, str] | None = None,
) -> Decision:
    """The decision on a run over `hospitals` (all of them, read or `unreadable`).

    Blocked by a failure that stops the run, or when no hospital is left. `notes`: check -> what is
    said beside its message.
    """
    verdicts, every = list(checks), set(hospitals)
    failing = failing_hospitals(verdicts)
    dropped = tuple(sorted({*failing, *unreadable} - {ALL}))
    stop = tuple(name for name in failing if stops_run(study, name))
    blocked = bool(stop) or (bool(every) and every <= set(dropped))
    smallest = study.report.smallest_cell
    message = _message(verdicts, stop or failing, notes or {}, smallest) if blocked else ""
    return Decision(failing, dropped, blocked, message)


def failing_hospitals(checks: Iterable[Check]) -> tuple[str, ...]:
    """The hospitals with at least one failed check, sorted; they go no further than the gate."""
    return tuple(sorted({check.hospital_id for check in checks if check.verdict == "fail"}))


def blocked(found: Iterable[Measurement], study: Study) -> frozenset[str]:
    """The hospitals that what the gate measured in them keeps from going further."""
    return frozenset(failing_hospitals(judge(found, study)))


def _message(
    checks: Iterable[Check], hospitals: Iterable[str], notes: Mapping[str, str], smallest: int
) -> str:
    """What blocks the named hospitals: one line per failed check, with how to mend it."""
    wanted = set(hospitals)
    failed = [c for c in checks if c.verdict == "fail" and c.hospital_id in wanted]
    known = by_check()
    inherited = [c for c in failed if c.check in known and known[c.check].inherited]
    failed = [c for c in failed if c not in inherited] or failed
    lines = [
        f"{line_of(check, smallest)} {notes.get(check.check, '')}".strip()
        for check in failed[:_LINES]
    ]
    if len(failed) > _LINES:
        lines.append(f"... and {len(failed) - _LINES} more, in quality/checks.csv.")
    return f"gate: blocked hospital(s) {', '.join(sorted(wanted))}:\n  " + "\n  ".join(lines)
