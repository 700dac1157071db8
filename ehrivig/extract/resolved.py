"""What the codes of some hospitals mean: schema `ref`, and the views of schema `resolved`.

Only distinct codes, units and products leave the database; they are resolved with the code lists
and come back as small tables, to which the rows are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from ehrivig import codes, contract, resources
from ehrivig.codes import hints
from ehrivig.codes.drug_classes import drug_classes
from ehrivig.codes.frames import LIMITS
from ehrivig.concepts import define_given, define_intervals, define_lab_number
from ehrivig.database import Database, Query
from ehrivig.errors import ExtractError
from ehrivig.extract import readings
from ehrivig.extract.readings import Reading
from ehrivig.study import Study

_DRUG = ("vocabulary", "drug_code", "drug_name", "route")
_LAST: dict[str, tuple[dict[str, Reading], dict[str, pl.DataFrame]]] = {}
"""How the values of one hospital are read, and what its codes mean: of the last that was asked."""


def make(db: Database, lists: codes.CodeLists, mark: str = "", *, keep: bool = False) -> None:
    """Make the rest of `ref` from the distinct codes of `mapped`, and the views of `resolved`.

    `keep`: its large views are tables.

    `mark`: of the hospital and all that its codes depend on; the shares of one hospital, one after
    the other in this process, have the same and ask for its codes once.
    """
    if not mark or mark not in _LAST:
        _LAST.clear()
        found = readings.of(db, lists)
        _LAST[mark] = found, _meanings(db, lists, found)
    read, meanings = _LAST[mark]
    for reading in read.values():
        reading.apply(db)
    for name, frame in meanings.items():
        db.load(f"ref.{name}", frame)
    db.table("ref.drug", f"SELECT drug::INTEGER AS drug, {', '.join(_DRUG)} FROM ref.product")
    db.table(
        "ref.drug_class",
        "SELECT drug::INTEGER AS drug, codelist, verdict, product_type, concentration_g_per_l, "
        "strength_g, route_implied FROM ref.verdict",
    )
    define_given(db)
    define_intervals(db)
    define_lab_number(db)
    for table in contract.TABLES:
        path = resources.sql_folder() / "layout" / "resolved" / f"{table.name}.sql"
        name = f"resolved.{table.name}"
        if path.is_file():
            make_one = db.table if keep else db.view
            make_one(name, Query.load(path))
        else:
            db.view(name, f"SELECT * FROM mapped.{table.name}")


def _meanings(
    db: Database, lists: codes.CodeLists, read: Mapping[str, Reading]
) -> dict[str, pl.DataFrame]:
    """The tables of `ref` that follow from the distinct codes of a hospital, by name.

    product: the distinct products, numbered in order; verdict: what code lists say of them;
    drug_hint: what they say besides.
    """
    below = descendants(db)
    labs, vitals, diagnoses = (read[name].values for name in ("lab", "vital", "diagnosis"))
    products = read["medication"].values.select(_DRUG)
    numbered = _sorted(products.unique()).with_row_index("drug", offset=1).cast({"drug": pl.Int64})
    verdicts = drug_classes(lists, numbered, below)
    excluded, included = (
        verdicts.filter(pl.col("verdict") == said).select("drug", "codelist").rows()
        for said in ("exclude", "include")
    )
    return {
        "lab_map": _limited(lists, codes.lab_map(lists, labs.unique(), below), "analyte"),
        "vital_map": _limited(lists, codes.vital_map(lists, vitals.unique()), "vital_code"),
        "condition": _sorted(codes.conditions(lists, diagnoses.unique(), below)),
        "product": numbered,
        "verdict": verdicts,
        "drug_hint": hints.drug_hints(lists, numbered, excluded, below, included),
    }


def _limited(lists: codes.CodeLists, frame: pl.DataFrame, variable: str) -> pl.DataFrame:
    """What codes and units mean, with the limits of their variable: null where it has none."""
    limits = codes.list_frame(lists, "limits", ("variable", *LIMITS))
    return _sorted(frame.join(limits, left_on=variable, right_on="variable", how="left"))


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """A small frame in an order that does not depend on threads."""
    return frame.sort(frame.columns, nulls_last=False)


def descendants(db: Database) -> codes.Descendants:
    """(vocabulary, code) of a code list -> the codes below it, where the source has a hierarchy."""
    if not db.exists("prepared.descendant"):
        return {}
    rows = db.rows(
        "SELECT vocabulary, code, below FROM prepared.descendant ORDER BY vocabulary, code, below"
    )
    found: dict[codes.Code, list[str]] = {}
    for vocabulary, code, below in rows:
        key = (codes.plain_vocabulary(vocabulary), codes.plain_code(vocabulary, code))
        found.setdefault(key, []).append(below)
    return {key: frozenset(names) for key, names in found.items()}


def refuse_undeclared_quantity(db: Database, hospitals: Sequence[str], study: Study) -> None:
    """ExtractError when the exposure drug has a quantity whose reading nobody declared."""
    rows = db.rows(
        "SELECT DISTINCT m.hospital_id FROM resolved.medication AS m "
        "SEMI JOIN ref.included AS i ON m.drug = i.drug AND i.codelist = $codelist "
        "WHERE m.dose > 0 AND m.dose_unit IS NULL ORDER BY m.hospital_id",
        {"codelist": study.exposure.codelist},
    )
    undeclared = [name for (name,) in rows if name not in study.extract.drug_quantity]
    for hospital_id in undeclared[:1]:
        raise ExtractError(
            f"medication: hospital {hospital_id}: drug_exposure.quantity of {study.exposure.name} "
            "is mL at some sites and mg at others, and no reading is declared. Write "
            f'drug_quantity = {{ "{hospital_id}" = "ml" }} (or mg, g, unit) under [extract] of '
            "the study file."
        )
