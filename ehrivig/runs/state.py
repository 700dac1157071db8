"""What the steps of one run hand on to each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ehrivig import extract, validate
from ehrivig.runs import ending
from ehrivig.runs.hospital import HospitalResult
from ehrivig.study import Study

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a run uses the machine; nothing here changes a result.

    `aggregate_only` keeps no table with a row per patient or event in the run folder. `share_rows`:
    a hospital with more rows is worked on in shares (None: by the memory of a process).
    """

    memory: str | None = None
    threads: int | None = None
    workers: int = 1
    cluster: str | None = None
    aggregate_only: bool = False
    share_rows: int | None = None


@dataclass
class Run:
    """One run under way.

    `folder`: where it writes; `earlier`: the finished run before it, if any. `across`: measurements
    over all hospitals; `dropped`: hospitals that the policy leaves out; `unreadable`: why a
    hospital could not be read; `reused`: hospitals taken from `earlier`; `numbers`: admissions,
    cohort, exposed, pairs, lints.
    """

    study: Study
    source: extract.Source
    folder: Path
    earlier: Path
    options: Options
    progress: Progress
    command: ending.Command
    fingerprint: str
    started: float = field(default_factory=time.perf_counter)
    results: list[HospitalResult] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    checks: list[validate.Check] = field(default_factory=list)
    across: list[validate.Measurement] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    reused: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
