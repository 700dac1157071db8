"""The result files of a finished run, for tests that compare runs byte by byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

# What tells of the run itself: clock, threads, input files, and who was worked on together.
OF_THE_RUN = (
    *("manifest.json", "history.csv", "metrics.prom"),
    *("fingerprints.json", "statements.sql"),
)


def hashes(run: Path) -> dict[str, str]:
    """SHA-256 of every result file, by relative path."""
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in OF_THE_RUN
    }
