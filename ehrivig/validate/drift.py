"""What moved since an earlier run: checks whose violated share is another one now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ehrivig.validate.measurement import Measurement


@dataclass(frozen=True)
class Change:
    """A violated share that changed since an earlier run; shares in [0, 1]."""

    hospital_id: str
    table: str
    check: str
    share_before: float
    share_now: float


def changes(
    now: Iterable[Measurement], before: Iterable[Measurement], points: float = 1.0
) -> list[Change]:
    """The checks whose violated share moved by more than `points` percentage points."""
    earlier = {(m.hospital_id, m.check): m for m in before}
    found = []
    for m in now:
        old = earlier.get((m.hospital_id, m.check))
        if old is not None and 100 * abs(m.share - old.share) > points:
            found.append(Change(m.hospital_id, m.table, m.check, old.share, m.share))
    return sorted(found, key=lambda c: (-abs(c.share_now - c.share_before), c.hospital_id, c.check))
