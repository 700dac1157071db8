"""The published evidence that ships with the package: `evidence/*.csv`, each row with its source.

`source` says where a row was printed; `reconstructed` names the columns of the row that were not
printed but solved for from the printed estimate and interval (empty: everything was printed).
"""

from __future__ import annotations

from pathlib import Path

from ehrivig.errors import UsageError

_FOLDER = Path(__file__).resolve().parent / "evidence"


def evidence_names() -> tuple[str, ...]:
    """The names of the shipped tables, without `.csv`."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))


def evidence_path(name: str) -> Path:
    """The file of a shipped table. Raises UsageError for an unknown name."""
    if name not in evidence_names():
        known = ", ".join(evidence_names())
        raise UsageError(f"evidence: {name!r} is not shipped. Choose one of {known}, or a file.")
    return _FOLDER / f"{name}.csv"


def find_trials(trials: Path | str) -> Path:
    """A CSV file as named, or the shipped table of that name when there is no such file."""
    path = Path(trials)
    if not path.exists() and path.parent == Path() and path.stem in evidence_names():
        return evidence_path(path.stem)
    return path
