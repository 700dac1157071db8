"""An admission read again from the extract: evidence, doses, sources, and whether all agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ehrivig.features import baseline
from ehrivig.results.why.doses import doses
from ehrivig.results.why.evidence import evidence
from ehrivig.results.why.kept import Kept
from ehrivig.results.why.origins import origins
from ehrivig.results.why.section import Section, text
from ehrivig.results.why.source import Source, opened


def read_again(kept: Kept, dump: str | Path, study_file: str | Path | None) -> list[Section]:
    """What the run folder does not keep of an admission, read from the run's extract.

    Raises UsageError for another study or extract, ExtractError for one that cannot be read.
    """
    with opened(kept, dump, study_file) as source:
        if not source.stay:
            said = "the data gate set the admission aside: its rows are in quarantine/"
            return [Section("In the extract", [("admission", said)]), *doses(source)]
        found = [*evidence(source), *doses(source), *origins(source), _agrees(source, kept)]
        return [one for one in found if one.lines]


def _agrees(source: Source, kept: Kept) -> Section:
    """Whether criteria and covariates come out as in the run, which another version may not do."""
    other = [
        (name, f"now {text(row['met'])}, in the run {text(was[name])}")
        for was in [{str(r["name"]): r["met"] for r in kept.rows("hospitals/criterion").to_dicts()}]
        for name, row in source.criterion.items()
        if name in was and was[name] != row["met"]
    ]
    known = kept.row("hospitals/baseline")
    if source.candidate and known is not None:
        now = baseline.baseline(source.db, source.study).to_dicts()[0]
        other += [
            (name, f"now {text(now[name])}, in the run {text(value)}")
            for name, value in known.items()
            if name in now and not _same(now[name], value)
        ]
    if not other:
        return Section("Read again", [("agrees", "criteria and covariates are those of the run")])
    return Section("Read again: not as in the run (another version of ehrivig?)", other)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-9 * max(1.0, abs(one))
    return bool(one == other)
