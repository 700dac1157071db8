"""The clean patients of one hospital, and of another that keeps it company, in each layout.

Every mutated extract is one hospital more of a network of these two: its patients are the clean
ones under ids of their own.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from written import Patients, carried

from ehrivig import study
from ehrivig.demo import write_demo
from ehrivig.study import Study

Frames = dict[str, pl.DataFrame]
STEP = 10_000_000
"""By how much the ids of one mutated hospital are away from those of the next."""
KEYS = {
    "native": ("person_id",),
    "omop": ("person_id", "visit_occurrence_id", "drug_exposure_id", "care_site_id"),
    "clif": ("patient_id", "hospitalization_id", "med_order_id"),
}
SHARED = ("concept", "concept_ancestor", "drug_strength")
"""OMOP tables that belong to no hospital."""


@dataclass(frozen=True)
class Clean:
    """The clean tables of a layout: of the hospital that is mutated, of its company, of nobody."""

    layout: str
    own: Frames
    company: Frames
    shared: Frames

    def copy(self, number: int) -> Frames:
        """The tables of the hospital that is mutated, under the ids of copy `number`."""
        return {name: self._renumbered(frame, number) for name, frame in self.own.items()}

    def _renumbered(self, frame: pl.DataFrame, number: int) -> pl.DataFrame:
        keys = [key for key in KEYS[self.layout] if key in frame.columns]
        moved = frame.with_columns(pl.col(key) + number * STEP for key in keys)
        if self.layout == "clif" and "hospital_id" in frame.columns:
            return moved.with_columns(pl.lit(self.name(number)).alias("hospital_id"))
        return moved

    def name(self, number: int) -> str:
        """What the network calls copy `number`; 0 is the clean hospital."""
        return f"M{number:04}" if self.layout == "native" else str(2 + number * STEP)

    def write(self, folder: Path, copies: Mapping[int, Frames]) -> None:
        """An extract of the company and some copies."""
        write = self._write_hive if self.layout == "native" else self._write_together
        write(folder, copies)
        for name, frame in self.shared.items():
            frame.write_parquet(folder / f"{name}.parquet")

    def _write_hive(self, folder: Path, copies: Mapping[int, Frames]) -> None:
        hospitals = {"A": self.company} | {self.name(n): frames for n, frames in copies.items()}
        for hospital, frames in hospitals.items():
            for name, frame in frames.items():
                place = folder / name / f"hospital_id={hospital}"
                place.mkdir(parents=True)
                frame.write_parquet(place / "part-0.parquet")

    def _write_together(self, folder: Path, copies: Mapping[int, Frames]) -> None:
        folder.mkdir(parents=True)
        for name in self.company:
            every = [self.company, *copies.values()]
            rows = [frames[name] for frames in every if name in frames]
            frame = pl.concat(rows, how="diagonal")  # a column that one has is null elsewhere
            frame.write_parquet(folder / f"{name}.parquet")


def make(folder: Path, patients: int = 400) -> dict[str, Clean]:
    """The clean tables of all layouts; `folder` is used meanwhile."""
    write_demo(folder / "demo", patients=patients, hospitals=2, seed=7, defects="none")
    drawn = Patients(folder / "demo")
    found = {"native": _native(folder / "demo")}
    found["omop"] = _omop(drawn.as_omop(folder / "omop"))
    found["clif"] = _clif(drawn.as_clif(folder / "clif"))
    drawn.db.close()
    shutil.rmtree(folder)
    return found


def _native(folder: Path) -> Clean:
    tables = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != "_")
    own, company = (
        {name: pl.read_parquet(folder / name / f"hospital_id={h}" / "*.parquet") for name in tables}
        for h in ("B", "A")
    )
    plain = {name: frame.drop("hospital_id", strict=False) for name, frame in own.items()}
    others = {name: frame.drop("hospital_id", strict=False) for name, frame in company.items()}
    return Clean("native", plain, others, {})


def _read(folder: Path) -> Frames:
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def _omop(folder: Path) -> Clean:
    tables = _read(folder)
    shared = {name: tables.pop(name) for name in SHARED}
    visits = tables["visit_occurrence"]
    return Clean("omop", *(_of(tables, visits, int(h)) for h in ("2", "1")), shared)


def _of(tables: Frames, visits: pl.DataFrame, hospital: int) -> Frames:
    """The rows of an OMOP hospital: by care site, person or visit."""
    mine = visits.filter(pl.col("care_site_id") == hospital)
    wanted = {"care_site": pl.Series([hospital])}
    column = {"care_site": "care_site_id", "person": "person_id", "death": "person_id"}
    return {
        name: frame.filter(
            pl.col(key := column.get(name, "visit_occurrence_id")).is_in(
                wanted.get(name, mine[key]).implode()
            )
        )
        for name, frame in tables.items()
    }


def _clif(folder: Path) -> Clean:
    tables = _read(folder)
    places = tables["clif_adt"]
    return Clean("clif", *(_at(tables, places, h) for h in ("2", "1")), {})


def _at(tables: Frames, places: pl.DataFrame, hospital: str) -> Frames:
    """The rows of a CLIF hospital: by hospitalization, or by patient."""
    stays = places.filter(pl.col("hospital_id") == hospital)["hospitalization_id"].unique()
    stay = pl.col("hospitalization_id").is_in(stays.implode())
    people = tables["clif_hospitalization"].filter(stay)["patient_id"].unique()
    return {
        name: frame.filter(
            stay
            if "hospitalization_id" in frame.columns
            else pl.col("patient_id").is_in(people.implode())
        )
        for name, frame in tables.items()
    }


@cache
def _packaged() -> str:
    return study.locate("ivig_covid19").read_text(encoding="utf-8")


def plan(clean: Clean, numbers: Iterable[int]) -> Study:
    """The study of the mutations: a failing hospital is left out, so that it is judged alone.

    It names its hospitals where a table could lose all their rows. What the gate took from one arm
    more than from the other is not asked: it would stop the whole network for one hospital.
    """
    content: dict[str, Any] = tomllib.loads(_packaged())
    names = [clean.name(number) for number in numbers]
    if clean.layout != "native":
        content = carried(clean.layout, hospitals=["1", *names])
    if clean.layout == "omop":
        content["extract"]["drug_quantity"] = {"1": "g", **dict.fromkeys(names, "ml")}
    content["quality"] |= {"block": "drop_hospital", "arm_difference_points": 100.0}
    return study.parse(content)
