"""What one run knows of itself while it is under way, and what its steps hand on to each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ehrivig.concepts.follow_up import Answerable, Known
from ehrivig.extract import Source
from ehrivig.extract.files import Mark
from ehrivig.study import Study
from ehrivig.validate import Check, Measurement
from ehrivig.validate.result import HospitalResult, Step
from ehrivig.validate.unused_mappings import Unused

Progress = Callable[[str], None]
Command = Literal["run", "check"]


@dataclass(frozen=True)
class Options:
    """How a run uses the machine; nothing here changes a result.

    `aggregate_only` keeps no table with a row per patient or event in the run folder. `share_rows`:
    a hospital with more rows is worked on in shares; `batch_rows`: hospitals that have fewer
    together are worked on together (None, both: by the memory of a process).
    """

    memory: str | None = None
    threads: int | None = None
    workers: int = 1
    cluster: str | None = None
    aggregate_only: bool = False
    share_rows: int | None = None
    batch_rows: int | None = None


@dataclass
class Run:
    """One run under way: the one place of its facts.

    `folder`: where it writes; `earlier`: the finished run before it, if any; `before`: measurements
    of runs on other input, oldest first. `across`: measurements over all hospitals; `dropped`:
    hospitals that the policy leaves out; `unreadable`: why a hospital could not be read; `marks`:
    fingerprint of each hospital, `inputs`: of its files alone; `files`: what each looked like at
    the beginning; `changed`: what is another than at the attempt before; `reused`: hospitals taken
    from `earlier`; `steps`: what was done for the others; `numbers`: admissions, cohort, exposed,
    pairs, lints, as far as the run came; `declared`: hash of the protocol that it is held to, empty
    where to none; `known`: what is known of people after their stay, once
    all hospitals have met; `failed`: diagnostics of the answer that fail; `unordered`: people of
    the cohort of whom no order tells which stay came first.
    """

    study: Study
    source: Source
    folder: Path
    earlier: Path
    options: Options
    progress: Progress
    command: Command
    fingerprint: str
    before: list[list[Measurement]] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    results: list[HospitalResult] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    unused_mappings: list[Unused] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    across: list[Measurement] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    files: dict[Path, Mark] = field(default_factory=dict)
    changed: str = ""
    reused: int = 0
    steps: list[Step] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    known: Known | None = None
    failed: list[str] = field(default_factory=list)
    declared: str = ""
    unordered: int = 0
    exit_code: int = 0
    message: str = "done"

    @property
    def answerable(self) -> Answerable:
        """The study as it was asked, and as it can be answered."""
        return Answerable(self.study, self.known)

    @property
    def kept(self) -> list[HospitalResult]:
        """The results of the hospitals that the study runs on."""
        return [one for one in self.results if one.hospital_id not in self.dropped]

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return round(time.perf_counter() - self.started, 2)
