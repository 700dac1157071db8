"""The hospitals of a run side by side, and what their gates left of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.study import Study
from ehrivig.study.mappings import Numbered, numbered
from ehrivig.validate import arrived, mapping, volume
from ehrivig.validate.arrived import Months
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.result import HospitalResult
from ehrivig.validate.unused_mappings import Unused, unused
from ehrivig.validate.volume import Volume

Scan = Callable[[str, Sequence[str]], pl.LazyFrame]
MaybeScan = Callable[[str, Sequence[str]], pl.LazyFrame | None]


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
    oldest first; `scan`: a small table of some hospitals by its name, `earlier`: one of the run
    before (None without); `studied`: null before the cohort; `unplaced`: source tables with
    rows of no hospital, how many, of how many.
    """

    study: Study
    expected: Sequence[str]
    results: Sequence[HospitalResult]
    unreadable: Sequence[str]
    before: Sequence[Measurement]
    scan: Scan
    studied: Studied | None = None
    nights: Sequence[Sequence[Measurement]] = ()
    earlier: MaybeScan | None = None
    unplaced: Sequence[tuple[str, int, int]] = ()

    @cached_property
    def volumes(self) -> list[Volume]:
        """What came of each table, and what should have."""
        now = {(r.hospital_id, name): n for r in self.results for name, n in r.rows_read.items()}
        nights = [volume.rows_of(night) for night in self.nights]
        return volume.volumes(now, nights, self._gone(nights))

    @cached_property
    def months(self) -> tuple[Months, Months]:
        """Rows by month of each table and hospital: now, and on the night before."""
        return arrived.by_month(self.table("quality/month")), arrived.by_month(
            self.table_before("quality/month", {"month": pl.Int64, "n": pl.Int64})
        )

    @cached_property
    def covered(self) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
        """Stays with any row of each table and hospital: now, and on the night before."""
        before = self.table_before("quality/covered", {"n_covered": pl.Int64})
        return arrived.with_rows(self.table("quality/covered")), arrived.with_rows(before)

    @cached_property
    def stays(self) -> tuple[dict[str, int], dict[str, int]]:
        """Stays of each hospital: now, and on the night before."""
        last = volume.rows_of(self.nights[-1]) if self.nights else {}
        then = {hospital: n for (hospital, table), n in last.items() if table == "admission"}
        return {one.hospital_id: one.rows_read.get("admission", 0) for one in self.results}, then

    @property
    def hospitals(self) -> set[str]:
        """Every hospital of the extract, read or not."""
        return {*(one.hospital_id for one in self.results), *self.unreadable}

    @cached_property
    def charted(self) -> pl.DataFrame:
        """What stays have of each table (`charted.NAME`), which many checks ask for."""
        return self.table("quality/charted")

    @cached_property
    def signed_mappings(self) -> list[Numbered]:
        """The signed mappings of the study."""
        path = self.study.extract.mappings
        return numbered(Path(path)) if path else []

    @cached_property
    def unused_mappings(self) -> list[Unused]:
        """Those that changed nothing."""
        path = self.study.extract.mappings
        if not path or not self.signed_mappings:
            return []
        return unused(Path(path), self.table(mapping.FOUND), self.hospitals)

    def table_before(self, name: str, columns: dict[str, Any]) -> pl.DataFrame:
        """One small table of the run before; empty where that has none."""
        schema = {"hospital_id": pl.String, "table": pl.String, **columns}
        found = None
        if self.earlier is not None:
            found = self.earlier(name, [one.hospital_id for one in self.results])
        return pl.DataFrame(schema=schema) if found is None else found.select(*schema).collect()

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
