"""Several hospitals opened at once have the rows of each opened alone, in every layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import test_layout_clif as clif
import test_layout_omop as omop
from extracts import study, write

from ehrivig import contract, extract
from ehrivig.batch import keys
from ehrivig.batch.alike import Unalike
from ehrivig.database import Database
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError
from ehrivig.study import Study

Opened = Callable[[Path], tuple[Path, Study]]


def omop_sites(folder: Path) -> tuple[Path, Study]:
    """One person at three care sites with events, of which some name no visit; another at two."""
    again = {"person_id": 2}
    visits = [
        omop.visit(100, "03-01 08:00", "03-09 12:00"),
        omop.visit(101, "03-20 08:00", "03-25 12:00", care_site_id=8),
        omop.visit(102, "04-20 08:00", "04-25 12:00", care_site_id=9),
        omop.visit(103, "03-01 08:00", "03-03 12:00", care_site_id=8, **again),
        omop.visit(104, "03-02 08:00", "03-05 12:00", care_site_id=7, **again),
    ]
    person = {"gender_concept_id": 8507, "year_of_birth": 1950}
    birth = {"month_of_birth": 6, "day_of_birth": 15}
    creatinine = [
        omop.measured(3016723, float(n), 8840, visit_occurrence_id=number, person_id=who)
        for n, (number, who) in enumerate(((100, 1), (101, 1), (102, 1), (103, 2), (104, 2)))
    ]
    creatinine.append(omop.measured(3016723, 9.0, 8840, visit_occurrence_id=None))
    drugs = [
        omop.exposure(n, 501, 200.0, visit_occurrence_id=number, person_id=who)
        for n, (number, who) in enumerate(((100, 1), (101, 1), (103, 2), (104, 2)))
    ]
    omop.with_drugs(folder, *drugs)
    for table, rows in {
        "person": [{"person_id": n, **person, **birth} for n in (1, 2)],
        "visit_occurrence": visits,
        "measurement": creatinine,
        "care_site": [{"care_site_id": n, "care_site_name": f"Site {n}"} for n in (7, 8, 9)],
    }.items():
        write(folder / f"{table}.parquet", rows)
    return folder, study(**omop.PLAN, drug_quantity=dict.fromkeys("789", "ml"))


def clif_places(folder: Path) -> tuple[Path, Study]:
    """One patient at two hospitals, and one at a third, with measurements and doses."""
    drawn = clif.stay()
    stays = {"h": ("p", "H"), "i": ("p", "I"), "j": ("q", "J")}
    first, place = drawn["hospitalization"][0], drawn["adt"][0]
    drawn["patient"].append({**drawn["patient"][0], "patient_id": "q"})
    drawn["hospitalization"] = [
        {**first, "hospitalization_id": name, "patient_id": who} for name, (who, _) in stays.items()
    ]
    drawn["adt"] = [
        {**place, "hospitalization_id": name, "hospital_id": where}
        for name, (_, where) in stays.items()
    ]
    drawn["labs"] = [
        clif.lab("creatinine", 1.0 + n, "mg/dL", hospitalization_id=name)
        for n, name in enumerate(("h", "i", "i", "j"))
    ]
    drawn["respiratory_support"] = [
        {**clif.breath(f"03-01 0{n}:00", "imv", 0.5), "hospitalization_id": name}
        for n, name in enumerate(("h", "j", "i", "j", "h"))
    ]
    # the same order id in every hospital
    drawn["medication_admin_continuous"] = [
        clif.dose(f"03-01 0{n}:00", "o", 0.1, "mcg/kg/min", "going", hospitalization_id=name)
        for n, name in enumerate(("h", "i", "j", "h", "i", "j"))
    ]
    return clif.clif(folder, drawn), study(**clif.PLAN)


def native_shared(folder: Path) -> tuple[Path, Study]:
    """One file per table with the rows of all hospitals."""
    write_demo(folder / "parts", patients=200, hospitals=3)
    for table in contract.TABLES:
        parts = (folder / "parts" / table.name).glob("*/*.parquet")
        frames = [
            pl.read_parquet(path).select(
                pl.lit(path.parent.name.removeprefix("hospital_id=")).alias("hospital_id"),
                pl.exclude("hospital_id"),
            )
            for path in sorted(parts)
        ]
        (folder / "x").mkdir(exist_ok=True)
        pl.concat(frames).sample(fraction=1, shuffle=True, seed=1).write_parquet(
            folder / "x" / f"{table.name}.parquet"
        )
    return folder / "x", study(timezone="Asia/Shanghai")


def omop_database(folder: Path) -> tuple[Path, Study]:
    """The care sites in a DuckDB file."""
    _, plan = omop_sites(folder)
    with Database(within=[folder]) as db:
        db.execute(f"ATTACH '{folder / 'x.duckdb'}' AS made")
        for path in sorted(folder.glob("*.parquet")):
            db.execute(f"CREATE TABLE made.{path.stem} AS SELECT * FROM read_parquet('{path}')")
        db.execute("DETACH made")
    return folder / "x.duckdb", plan


def rows_of(folder: Path, plan: Study, hospitals: tuple[str, ...]) -> dict[str, list[Any]]:
    """Table -> rows as hospitals write their ids, with what the codes mean."""
    source = extract.inspect(folder, plan)
    found = {}
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, hospitals, plan, keep=len(hospitals) > 1)
        for table in contract.TABLES:
            shown = ", ".join(keys.as_read(db, table.name))
            more = {"lab": ", analyte, value_std", "vital": ", value_std"}.get(table.name, "")
            rows = db.rows(f"SELECT {shown}{more} FROM resolved.{table.name}")
            found[table.name] = sorted(rows, key=repr)
    return found


@pytest.mark.parametrize("drawn", [omop_sites, clif_places, omop_database, native_shared])
def test_rows_together_are_the_rows_of_each_alone(drawn: Opened, tmp_path: Path) -> None:
    folder, plan = drawn(tmp_path / "x")
    hospitals = extract.inspect(folder, plan).hospitals
    assert len(hospitals) == 3
    apart = [rows_of(folder, plan, (name,)) for name in hospitals]
    together = rows_of(folder, plan, hospitals)
    for table in contract.TABLES:
        rows = [row for one in apart for row in one[table.name]]
        assert together[table.name] == sorted(rows, key=repr), table.name
    assert all(one["admission"] and one["lab"] for one in apart)
    two = rows_of(folder, plan, hospitals[::2])
    assert two["lab"] == sorted(apart[0]["lab"] + apart[2]["lab"], key=repr)


def groups(folder: Path, plan: Study, hospitals: tuple[str, ...]) -> list[tuple[str, ...]]:
    """How hospitals must be taken apart to be read."""
    with Database(within=[folder]) as db, pytest.raises(Unalike) as found:
        extract.open_hospitals(db, extract.inspect(folder, plan), hospitals, plan, keep=True)
    return found.value.groups


def test_hospitals_that_mean_other_quantities_are_not_read_together(tmp_path: Path) -> None:
    folder, plan = omop_sites(tmp_path / "x")
    mixed = {"7": "ml", "8": "mg", "9": "ml"}
    plan = plan.model_copy(
        update={"extract": plan.extract.model_copy(update={"drug_quantity": mixed})}
    )
    assert groups(folder, plan, ("7", "8", "9")) == [("7", "9"), ("8",)]


def test_one_undeclared_quantity_names_its_hospital(tmp_path: Path) -> None:
    folder, plan = omop_sites(tmp_path / "x")
    plan = plan.model_copy(
        update={"extract": plan.extract.model_copy(update={"drug_quantity": {}})}
    )
    for hospitals in (("7", "8", "9"), ("8", "9")):
        with (
            Database(within=[folder]) as db,
            pytest.raises(ExtractError, match=f"hospital {hospitals[0]}: "),
        ):
            extract.open_hospitals(db, extract.inspect(folder, plan), hospitals, plan, keep=True)


def test_hospitals_of_several_time_zones_are_not_read_together(tmp_path: Path) -> None:
    folder, plan = native_shared(tmp_path / "x")
    path = folder / "hospital.parquet"
    zone = pl.when(pl.col("hospital_id") == "B").then(pl.lit("Asia/Tokyo"))
    pl.read_parquet(path).with_columns(timezone=zone.otherwise("timezone")).write_parquet(path)
    assert groups(folder, plan, ("A", "B", "C")) == [("A", "C"), ("B",)]
