"""The last attempt for Prometheus: when it ended, how, and when the last good one did.

Beside the run folder, so that a night that wrote no run is seen too; the counts of the last run
are in its own `metrics.prom`. Names differ between the two: both may be collected.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ehrivig.runs.history import Row
from ehrivig.runs.metrics import Sample, family
from ehrivig.runs.summary import UNCHANGED

FILE = "metrics.prom"


def exposition(rows: list[Row]) -> str:
    """The metrics as text. `rows`: of all attempts, the last one last."""
    last = rows[-1]
    good = [row for row in rows if row["exit_code"] == 0]
    names = {key: str(last[key]) for key in ("study", "command", "version")}
    unchanged = str(last["message"]).startswith(UNCHANGED)
    counts = Counter(int(row["exit_code"]) for row in rows)
    ended: list[Sample] = [({"exit_code": str(code)}, n) for code, n in sorted(counts.items())]
    families: list[tuple[str, str, list[Sample]]] = [
        ("info", "1, with the study, the command and the version.", [(names, 1)]),
        (
            "exit_code",
            "0 done, 1 internal error, 2 study file, 3 blocked, 4 extract, 5 nobody, 6 busy.",
            [({}, int(last["exit_code"]))],
        ),
        ("unchanged", "1 when it repeated the one before.", [({}, int(unchanged))]),
        ("finished_seconds", "When it ended, in Unix time.", [({}, _unix(last))]),
        ("duration_seconds", "How long it took.", [({}, round(last["seconds"] or 0))]),
        (
            "last_good_finished_seconds",
            "When the last one that ended with 0 did, in Unix time.",
            [({}, _unix(good[-1]))] if good else [],
        ),
        ("ended", "Attempts so far, by how they ended.", ended),
    ]
    return "".join(family(f"ehrivig_attempt_{name}", text, some) for name, text, some in families)


def _unix(row: Row) -> int:
    return int(datetime.fromisoformat(str(row["finished_at"])).timestamp())
