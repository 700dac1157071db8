"""One hospital to be worked on, by whichever process or machine takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.runs import hospital, ungated
from ehrivig.share import Share
from ehrivig.study import Study
from ehrivig.validate.result import HospitalResult


@dataclass(frozen=True)
class Task:
    """One hospital (or a share of it) to be worked on, and how much of the machine may be used.

    `memory` is the limit of DuckDB, not of the whole run. `ungated`: only look at what a study
    would find, without the gate.
    """

    source: extract.Source
    hospital_id: str
    study: Study
    folder: Path
    gate_only: bool
    fingerprint: str
    memory: str | None = None
    threads: int | None = None
    share: Share | None = None
    ungated: bool = False


Outcome = HospitalResult | ExtractError
"""What a hospital leaves: its result, or why it cannot be read (the policy decides what then)."""


def perform(task: Task) -> Outcome:
    """Work on one hospital here and now."""
    try:
        if task.ungated:
            return ungated.process(
                task.source,
                task.hospital_id,
                task.study,
                task.folder,
                memory=task.memory,
                threads=task.threads,
            )
        return hospital.process(
            task.source,
            task.hospital_id,
            task.study,
            task.folder,
            memory=task.memory,
            threads=task.threads,
            gate_only=task.gate_only,
            fingerprint=task.fingerprint,
            share=task.share,
        )
    except ExtractError as error:
        return error
