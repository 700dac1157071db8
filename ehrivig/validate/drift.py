"""What moved since an earlier run: checks whose violated proportion is another one now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ehrivig.validate.measurement import Measurement


@dataclass(frozen=True)
class Change:
    """A violated proportion that changed since an earlier run; proportions in [0, 1]."""

    hospital_id: str
    table: str
    check: str
    proportion_before: float
    proportion_now: float


def changes(
    now: Iterable[Measurement], before: Iterable[Measurement], points: float = 1.0
) -> list[Change]:
    """The checks whose violated proportion moved by more than `points` percentage points."""
    earlier = {(m.hospital_id, m.check): m for m in before}
    found = []
    for m in now:
        old = earlier.get((m.hospital_id, m.check))
        if old is not None and 100 * abs(m.proportion - old.proportion) > points:
            found.append(Change(m.hospital_id, m.table, m.check, old.proportion, m.proportion))
    return sorted(
        found, key=lambda c: (-abs(c.proportion_now - c.proportion_before), c.hospital_id, c.check)
    )
