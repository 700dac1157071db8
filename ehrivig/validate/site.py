"""The Great Expectations site of a run, from its verdicts alone."""

from __future__ import annotations

from pathlib import Path

from ehrivig.validate.measurement import Check


def write_data_docs(checks: list[Check], folder: Path) -> None:
    """Write the site into `folder` (replaced): entry index.html, nothing from the network."""
    from ehrivig.validate.adapter import docs  # Great Expectations: seconds to import

    docs.build(checks, folder)
