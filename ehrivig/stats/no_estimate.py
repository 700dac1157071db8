"""What the note of an effect says where there is no estimate: why, or that it is hidden."""

from __future__ import annotations

import re

IMPOSSIBLE = "no estimate: "
"""What stands before the reason of a question that could not be answered."""
FEW = r"suppressed|few people|not shown|below \d"
"""What the note of a number says that is there, and hidden."""


def hidden(note: str | None) -> bool:
    """Whether an estimate that is not there is hidden; else it could not be had."""
    return IMPOSSIBLE not in (note or "") or bool(re.search(FEW, note or ""))


def word(note: str | None) -> str:
    """What stands in the place of an estimate that is not there."""
    return "not shown" if hidden(note) else "no estimate"


def reason(note: str | None) -> str:
    """Why there is no estimate, without the last point."""
    before, _, after = (note or "not shown").partition(IMPOSSIBLE)
    return (after or before).rstrip(".")
