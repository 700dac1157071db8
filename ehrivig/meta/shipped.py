"""The published evidence that ships with the package: `evidence/*.csv`, each row with its source.

`source` says where a row was printed; `reconstructed` names the columns of the row that were not
printed but solved for from the printed estimate and interval (empty: everything was printed).
"""

from __future__ import annotations

from pathlib import Path

from ehrivig.errors import UsageError

_FOLDER = Path(__file__).resolve().parent / "evidence"
_NO_TRIALS = {
    "hartung2009_table1_anca": "series of patients in words",
    "hartung2009_table3_metaanalyses": "meta-analyses that count the same trials",
    "hartung2009_trials": "one trial (put its row beside others)",
    "jtranslmed2023_pooled": "pooled results of the same trials",
}
"""Tables that are to be read, and what they hold: nothing can be pooled of them alone."""


def evidence_names() -> tuple[str, ...]:
    """The names of the shipped tables, without `.csv`."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))


def evidence_path(name: str) -> Path:
    """The file of a shipped table. Raises UsageError for an unknown name."""
    if name not in evidence_names():
        known = ", ".join(evidence_names())
        raise UsageError(f"evidence: {name!r} is not shipped. Choose one of {known}, or a file.")
    return _FOLDER / f"{name}.csv"


def trial_tables() -> tuple[str, ...]:
    """The names of the shipped tables that can be pooled."""
    return tuple(name for name in evidence_names() if name not in _NO_TRIALS)


def find_trials(trials: Path | str) -> Path:
    """A CSV file as named, or the shipped table of that name when there is no such file.

    Raises UsageError for a shipped table that holds nothing to pool.
    """
    path = Path(trials)
    if path.exists() or path.parent != Path() or path.stem not in evidence_names():
        return path
    if path.stem in _NO_TRIALS:
        raise UsageError(
            f"evidence: {path.stem} holds {_NO_TRIALS[path.stem]}: there is nothing to pool. Name "
            f"one of {', '.join(trial_tables())}, or a file."
        )
    return evidence_path(path.stem)
