"""The rows of one admission, read again from the extract that a run read, by the run's own SQL.

Nothing of it is kept or logged: the database and what the gate sets aside are gone at the end.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import cohort, concepts, contract, extract, validate
from ehrivig.database import Database
from ehrivig.errors import StudyError, UsageError
from ehrivig.extract import COPIES
from ehrivig.results.why.kept import Kept
from ehrivig.runs.batch import naming_damage, prepare, sent
from ehrivig.store import place
from ehrivig.study import Study, load, parse

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
EVENTS = {
    **{"lab": "collected_at", "vital": "measured_at", "finding": "observed_at"},
    **{"diagnosis": "diagnosed_at", "score": "scored_at", "pathogen_test": "collected_at"},
    **dict.fromkeys(("medication", "respiratory_support", "procedure", "icu_stay"), "started_at"),
}
"""Event table -> the column that says when."""


class Source:
    """The rows of one admission behind the gate, and the database in which they lie.

    `criterion`: name -> met and first_at, judged anew; `candidate`: whether he met all of them.
    """

    def __init__(self, db: Database, study: Study, kept: Kept, folder: Path) -> None:
        self.db, self.study, self.folder = db, study, folder
        self.hospital, self.admission = kept.hospital, kept.admission
        stays = db.frame("SELECT * FROM main.admission").to_dicts()
        self.stay: dict[str, Any] = stays[0] if stays else {}
        judged = db.frame("SELECT name, met, first_at FROM criterion").to_dicts()
        self.criterion: dict[str, dict[str, Any]] = {row["name"]: row for row in judged}
        self.candidate = bool(db.rows("SELECT 1 FROM candidate"))

    def moment(self, value: datetime | None) -> datetime | timedelta | None:
        """A moment as a run shows it: without dates since the admission."""
        if value is None or self.study.clock != "offsets" or not self.stay:
            return value
        admitted: datetime = self.stay["admitted_at"]
        return value - admitted

    def rows(self, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, moments as a run shows them: without dates since the admission."""
        found = self.db.frame(query, values or {})
        if self.study.clock == "offsets" and self.stay:
            moments = [n for n, kind in found.schema.items() if isinstance(kind, pl.Datetime)]
            found = found.with_columns(pl.col(n) - self.stay["admitted_at"] for n in moments)
        return found.to_dicts()


@contextmanager
def opened(kept: Kept, dump: str | Path, study_file: str | Path | None) -> Iterator[Source]:
    """The rows of an admission in the extract that the run read.

    `study_file`: of a study with code lists of its own. Raises UsageError for another study or
    another extract than the run's, ExtractError for one that cannot be read.
    """
    study = _study(kept, study_file)
    hospitals = (kept.hospital,)
    with tempfile.TemporaryDirectory(prefix="ehrivig-") as made:
        work = Path(made)
        found = extract.inspect(place(dump), study, work / COPIES)
        if kept.hospital not in found.hospitals:
            raise UsageError(f"why: no hospital {kept.hospital!r} in this extract. Give the run's.")
        _refuse_another(kept, found)
        with Database(temporary=work / "spill", within=[*found.within, work]) as db:
            with naming_damage(db, found, hospitals):
                extract.open_hospitals(db, found, hospitals, study)
                _behind_the_gate(db, study, kept, work)
            yield Source(db, study, kept, work)


def _study(kept: Kept, study_file: str | Path | None) -> Study:
    """The study that the run followed: of the file, or as the manifest has it."""
    name, told = kept.run.study, kept.run.manifest
    lost = f"what the study {name} reads is not here, or has changed"
    try:
        plan = parse(as_toml(kept.study)) if study_file is None else load(study_file)
    except StudyError as error:
        if study_file is not None:
            raise
        raise UsageError(f"why: {lost}. Give it as the run read it: --study FILE.") from error
    if plan.digest != told.get("study_hash"):
        which = "this" if study_file is None else Path(study_file).name
        raise UsageError(
            f"why: {which} is another study than the run's ({name}). Give --study FILE."
        )
    if plan.lists.hashes != (told.get("own_codelists") or {}):
        said = f"the code lists of the study {name} have changed since the run"
        raise UsageError(f"why: {said}. Give those that it read, or run anew.")
    return plan


def as_toml(content: Any) -> Any:
    """A study as a manifest has it, as TOML would give it: no nulls, days that are dates."""
    if isinstance(content, dict):
        return {key: as_toml(value) for key, value in content.items() if value is not None}
    if isinstance(content, list):
        return [as_toml(value) for value in content]
    day = isinstance(content, str) and _DAY.fullmatch(content)
    return date.fromisoformat(content) if day else content


def _refuse_another(kept: Kept, found: extract.Source) -> None:
    """UsageError where the files of the hospital are not those that the run read."""
    read = {one["path"]: one["sha256"] for one in kept.run.manifest.get("inputs") or []}
    given = extract.input_files(found, [kept.hospital])
    other = [one.path for one in given if read.get(one.path) != one.sha256]
    if read and (other or not given):
        named = f" ({other[0]} is another)" if other else ""
        raise UsageError(
            f"why: this is not the extract that the run read{named}. Give that, or run anew."
        )


def _behind_the_gate(db: Database, study: Study, kept: Kept, folder: Path) -> None:
    """The clean rows of the admission alone, and its criteria judged on them."""
    names = (kept.hospital,)
    validate.measure(db, study, names)
    spent = validate.quarantine(db, study, names, folder)
    validate.release(db)
    concepts.define_sent(db, sent(db, names, spent, None))
    own = {"admission": kept.admission}
    db.execute("DELETE FROM main.admission WHERE admission_id::VARCHAR <> $admission", own)
    same = "SELECT patient_id FROM main.admission"
    db.execute(f"DELETE FROM main.patient WHERE patient_id NOT IN ({same})")
    for table in (one.name for one in contract.EVENT_TABLES):
        rows = f"SELECT * FROM main.{table} SEMI JOIN main.admission USING (admission_id)"
        db.table(f"own_{table}", rows)
        db.execute(f"ALTER VIEW main.{table} RENAME TO whole_{table}")
        db.view(f"main.{table}", f"SELECT * FROM own_{table}")
    cohort.screen(db, study, prepare)
