"""Whom the designs free of immortal time leave out, in words."""

from __future__ import annotations

from typing import NamedTuple

from ehrivig import disclosure
from ehrivig.study import Study


class Left(NamedTuple):
    """How many admissions the designs free of immortal time leave out.

    `treated`: exposed before time zero, or from a moment on that nobody can read; `unmeasured`: of
    the others, those of whom a covariate is missing.
    """

    treated: int
    unmeasured: int


def left_out(left: Left, n: int, study: Study) -> str:
    """Who is left out, of `n` and these; nothing to say of nobody.

    That somebody was not measured is no secret (Table 1 has of how many each variable is known);
    that somebody was treated is.
    """
    smallest, every = study.report.smallest_cell, sum(left) + n
    few = disclosure.small(left.treated, smallest)
    parts = (
        (
            left.treated,
            f"fewer than {smallest}" if few else f"{left.treated:,}",
            "exposed before time zero, or a first dose that nobody can read",
        ),
        (left.unmeasured, f"{left.unmeasured:,}", "a covariate missing"),
    )
    said = (
        f"{count} of {every:,} admissions left out: {why}" for there, count, why in parts if there
    )
    return ", and ".join(said)
