"""The hospitals of a run side by side, and what their gates left of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from ehrivig.study import Study
from ehrivig.validate import volume
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.result import HospitalResult
from ehrivig.validate.volume import Volume

Scan = Callable[[str, Sequence[str]], pl.LazyFrame]


@dataclass(frozen=True)
class Studied:
    """Who is studied, once the cohort stands.

    `stays`: every admission that the gate let through; `scope`: KEY, n_rows that passed; `dosing`:
    KEY, n_administrations of the candidates; `table`: the analysis table (KEY, exposed);
    `exposure_known`: hospital, people of whom nobody knows whether they were exposed, the others.
    """

    stays: pl.DataFrame
    scope: pl.DataFrame
    dosing: pl.DataFrame
    table: pl.DataFrame
    exposure_known: Sequence[tuple[str, int, int]] = ()


@dataclass(frozen=True)
class Network:
    """The hospitals of a run, side by side.

    `expected`: the hospitals that there should be (empty: nobody says); `unreadable`: those that
    could not be read; `before`: what the run before measured, `nights`: what all before did,
    oldest first; `scan`: a small table of some hospitals by its name; `studied`: null before the
    cohort.
    """

    study: Study
    expected: Sequence[str]
    results: Sequence[HospitalResult]
    unreadable: Sequence[str]
    before: Sequence[Measurement]
    scan: Scan
    studied: Studied | None = None
    nights: Sequence[Sequence[Measurement]] = ()

    @cached_property
    def volumes(self) -> list[Volume]:
        """What came of each table, and what should have."""
        now = {(r.hospital_id, name): n for r in self.results for name, n in r.rows_read.items()}
        nights = [volume.rows_of(night) for night in self.nights]
        return volume.volumes(now, nights, self._gone(nights))

    def _gone(self, nights: Sequence[volume.Rows]) -> set[str]:
        """Hospitals of the last night that neither came nor could not be read, and should have."""
        last = {hospital for hospital, _ in nights[-1]} if nights else set()
        here = {*(one.hospital_id for one in self.results), *self.unreadable}
        return {name for name in last - here if not self.expected or name in self.expected}

    def table(self, name: str) -> pl.DataFrame:
        """One small table of the hospitals."""
        return self.scan(name, [one.hospital_id for one in self.results]).collect()

    @property
    def people(self) -> Studied:
        """Who is studied; for a check that needs the cohort."""
        assert self.studied is not None
        return self.studied


def expected_hospitals(study: Study, root: Path) -> tuple[str, ...]:
    """The hospitals that there should be: of the study file, or else of the extract's own list."""
    listed = root / "extract.json"
    if study.extract.hospitals or not listed.is_file():
        return study.extract.hospitals
    try:
        content = json.loads(listed.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    named = content.get("hospitals", ()) if isinstance(content, dict) else ()
    return tuple(str(name) for name in named) if isinstance(named, list) else ()


def stays_of_known_persons(network: Network) -> pl.DataFrame:
    """Stays of persons with a network-wide id: hospital_id, admission_id, person_id, times."""
    ids = pl.col("admission_id", "person_id").cast(pl.String)
    return network.table("quality/known_person").with_columns(ids)
