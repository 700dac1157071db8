"""The tables of a run folder, of one admission: read by what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import GateBlocked
from ehrivig.results.run import Run

KEYS = ("hospital_id", "admission_id")
_NAMES = {*KEYS, "patient_id", "person_id"}


class Kept:
    """What a run keeps of one admission, and of the stays of its person.

    Without dates (`ehrivig.batch.relative`) every moment is a span since the admission.
    """

    def __init__(self, run: Run, hospital: str, admission: str) -> None:
        self.run, self.hospital, self.admission = run, hospital, admission

    @property
    def judged(self) -> bool:
        """Whether the run keeps rows of admissions at all, with the criteria that they met."""
        return self._path("hospitals/screened").is_file()

    @property
    def left_out(self) -> bool:
        """Whether the gate left the hospital out."""
        return self.hospital in (self.run.manifest.get("dropped_hospitals") or [])

    @property
    def blocked(self) -> bool:
        """Whether the gate blocked the run, after its hospitals were read."""
        return bool(self.run.manifest.get("exit_code") == GateBlocked.exit_code)

    @property
    def study(self) -> dict[str, Any]:
        """The study as the run read it; empty of a run that did not write it down."""
        return dict(self.run.manifest.get("study_file") or {})

    def rows(self, name: str) -> pl.DataFrame:
        """The rows of the admission in a table, by its path; none where there is no such table."""
        path = self._path(name)
        if not path.is_file():
            return pl.DataFrame()
        table = pl.scan_parquet(path)
        if not {*KEYS} <= set(table.collect_schema().names()):
            return pl.DataFrame()
        return self._since_admission(name, table.filter(self._same()).collect())

    def row(self, name: str) -> dict[str, Any] | None:
        """The row of the admission in a table that has one for each, without its ids."""
        found = self.rows(name).to_dicts()
        return {key: found[0][key] for key in found[0] if key not in _NAMES} if found else None

    def of_person(self) -> pl.DataFrame:
        """The stays of the same person in the hospitals of the study, the first in front."""
        stays = pl.scan_parquet(self._path("hospitals/screened"))
        person = stays.filter(self._same()).select("person_id")
        out = self.run.manifest.get("dropped_hospitals") or []
        same = stays.join(person, on="person_id", how="semi")
        kept = same.filter(~pl.col("hospital_id").cast(pl.String).is_in(out))
        return kept.select(*KEYS, "admitted_at").sort("admitted_at", *KEYS).collect()

    def met(self, stays: pl.DataFrame, criterion: str) -> pl.DataFrame:
        """Those of some stays that met a criterion that a hospital judges."""
        met = pl.scan_parquet(self._path("hospitals/criterion")).filter(
            pl.col("name") == criterion, pl.col("met")
        )
        return stays.join(met.select(*KEYS).collect(), on=KEYS, how="semi", maintain_order="left")

    def is_own(self, stay: dict[str, Any]) -> bool:
        """Whether a row is of this admission."""
        return (str(stay["hospital_id"]), str(stay["admission_id"])) == (
            self.hospital,
            self.admission,
        )

    def set_aside(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Tables with rows of the admission that the gate set aside, or that lost a value.

        The name of the table and the rows; "values/lab" are those that stay without a value.
        """
        home = self.run.folder / "quarantine"
        for path in (*sorted(home.glob("*.parquet")), *sorted(home.glob("values/*.parquet"))):
            name = path.relative_to(home).with_suffix("").as_posix()
            rows = self._of_patient(path) if name == "patient" else self.rows(f"quarantine/{name}")
            if "reason" in rows.columns and rows.height:
                yield name, rows

    def _of_patient(self, path: Path) -> pl.DataFrame:
        """Rows of the patient's own table, whose stay this is."""
        if not self.judged:
            return pl.DataFrame()
        stays = pl.scan_parquet(self._path("hospitals/screened")).filter(self._same())
        person = stays.select(pl.col("hospital_id", "patient_id").cast(pl.String)).collect()
        same = pl.col("patient_id").cast(pl.String).is_in(person["patient_id"].to_list())
        here = pl.col("hospital_id").cast(pl.String) == self.hospital
        return pl.scan_parquet(path).filter(same, here).collect()

    def _path(self, name: str) -> Path:
        return self.run.folder / f"{name}.parquet"

    def _same(self) -> pl.Expr:
        """The rows of the admission, whatever the type of its id."""
        own = pl.col("admission_id").cast(pl.String) == self.admission
        return own & (pl.col("hospital_id").cast(pl.String) == self.hospital)

    def _since_admission(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Spans of the tables of hospitals, which are since another origin, since the admission."""
        spans = [n for n, kind in rows.schema.items() if isinstance(kind, pl.Duration)]
        if not spans or not name.startswith("hospitals/") or rows.is_empty():
            return rows
        stays = pl.scan_parquet(self._path("hospitals/screened")).filter(self._same())
        start = stays.select("admitted_at").collect().item()
        return rows.with_columns(pl.col(n) - pl.lit(start) for n in spans)
