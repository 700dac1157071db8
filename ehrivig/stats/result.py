"""What every statistical result carries, so that no number travels without its meaning."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ehrivig import __version__

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


SOFTWARE = f"ehrivig {__version__}"
"""This program and its version."""


@dataclass(frozen=True)
class Effect:
    """One contrast of the exposed with the unexposed, with all that is needed to read it.

    `estimate`, `lo`, `hi` are on the scale of `measure` (a ratio for OR, RR, HR, SHR; a difference
    for RD, RMSTD, MD); `se` is on the scale on which the interval is symmetric (log for ratios).
    `events_*` count the event named by `event_label` and nothing else: an odds ratio of survival
    can never be taken for one of death. `software` is the program and version that made it.
    """

    measure: str
    estimate: float
    lo: float
    hi: float
    se: float
    p: float
    event_label: str
    n_exposed: int
    events_exposed: int
    n_control: int
    events_control: int
    method: str
    variance: str
    estimand: str = ""
    level: float = 0.95
    notes: tuple[str, ...] = field(default=())
    software: str = SOFTWARE
