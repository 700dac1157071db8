"""Mappings that a person signed: what a unit, a product or a code really means, who says so, why.

The gate never converts by guess. When it blocks a hospital for a unit mix-up or an unknown product,
a person looks, and writes the answer into a TOML file (`ehrivig.study.mappings`). What each entry
found is counted: one that changes nothing may be mistyped, or out of date.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import codes, resources
from ehrivig.codes.units import UnitTable, unit_key
from ehrivig.database import Database, Query
from ehrivig.errors import UsageError
from ehrivig.study.mappings import KINDS, Mappings, Numbered, load, numbered

__all__ = ["FOUND", "apply", "listing", "load", "merge_found", "write_found"]

FOUND = "mapping_found"
"""The small table of what each entry found: hospital_id, kind, number, n_rows, n_changed."""
_TABLE = f"ref.{FOUND}"


def listing(mappings: Mappings) -> list[dict[str, Any]]:
    """Every mapping with who, when and why, for the manifest."""
    return [
        {"mapping": kind, **entry.model_dump(mode="json", exclude_none=True)}
        for kind in KINDS
        for entry in getattr(mappings, kind)
    ]


def apply(db: Database, path: Path, hospitals: Sequence[str], lists: codes.CodeLists) -> None:
    """Put the mappings of some hospitals, each alone in `db`, into its stages `ref`, `resolved`.

    Before the gate, so that what is mapped is measured as mapped. Applying twice changes nothing.
    Leaves `ref.mapping_found`. Raises UsageError for a product that is not there.
    """
    own = [entry for entry in numbered(path) if entry.hospital_id in hospitals]
    if db.exists(_TABLE):
        return
    found = [_apply_product(db, path, entry) for entry in own if entry.kind == "product"]
    units, coded = ([one for one in own if one.kind == kind] for kind in ("unit", "code"))
    if units or coded:
        found += _apply_lab(db, units, coded, codes.unit_table(lists))
    of = {(entry.kind, entry.number): entry.hospital_id for entry in own}
    rows = [(of[kind, number], kind, number, *counts) for kind, number, *counts in found]
    db.load(_TABLE, pl.DataFrame(rows, schema=_FOUND_SCHEMA, orient="row"))


def write_found(db: Database, folder: Path) -> None:
    """Leave what each entry found; nothing where the study has no signed mappings."""
    if db.exists(_TABLE):
        found = db.frame(f"SELECT * FROM {_TABLE} ORDER BY ALL")
        found.write_parquet(folder / f"{FOUND}.parquet")


def merge_found(shares: Sequence[Path], folder: Path) -> None:
    """What each entry found in the shares of a hospital, put together."""
    parts = [path for one in shares if (path := one / f"{FOUND}.parquet").is_file()]
    if parts:
        every = pl.concat(pl.read_parquet(path) for path in parts)
        keys = ["hospital_id", "kind", "number"]
        sums = every.group_by(keys).agg(pl.col("n_rows", "n_changed").sum()).sort(keys)
        sums.write_parquet(folder / f"{FOUND}.parquet")


_Found = tuple[str, int, int, int]
_FOUND_SCHEMA = {
    "hospital_id": pl.String,
    "kind": pl.String,
    "number": pl.Int64,
    "n_rows": pl.Int64,
    "n_changed": pl.Int64,
}


def _apply_product(db: Database, path: Path, signed: Numbered) -> _Found:
    product = signed.product
    drugs = db.rows(
        "SELECT drug FROM ref.drug WHERE drug_code = $code "
        "AND ($name IS NULL OR drug_name = $name) ORDER BY drug",
        {"code": product.drug_code, "name": product.drug_name},
    )
    if not drugs:
        raise UsageError(
            f"mappings: {path.name}, {signed.place}: product {product.drug_code}: hospital "
            f"{product.hospital_id} has none with this code and name. Mend the mapping file."
        )
    for (drug,) in drugs:
        values = {"drug": drug, "codelist": product.codelist}
        db.execute("DELETE FROM ref.drug_class WHERE drug = $drug AND codelist = $codelist", values)
        db.execute(
            "INSERT INTO ref.drug_class (drug, codelist, verdict, product_type, "
            "concentration_g_per_l, strength_g) "
            "VALUES ($drug, $codelist, $verdict, $type, $concentration, $strength)",
            {
                **values,
                "verdict": product.verdict,
                "type": product.product_type,
                "concentration": product.concentration_g_per_l,
                "strength": product.strength_g,
            },
        )
    return signed.kind, signed.number, len(drugs), len(drugs)


def _apply_lab(
    db: Database, units: list[Numbered], coded: list[Numbered], table: UnitTable
) -> list[_Found]:
    """Lay the signed units and codes over `resolved.lab`; what each found."""
    written = db.frame("SELECT DISTINCT vocabulary, lab_code, unit FROM resolved.lab ORDER BY ALL")
    db.load("ref.signed_unit", _signed_units(units, written["unit"].unique().to_list(), table))
    db.load("ref.signed_code", _signed_codes(coded, written, table))
    db.execute("ALTER VIEW resolved.lab RENAME TO lab_unsigned")
    db.view("resolved.lab", _query("signed_lab"))
    counts = {(kind, n): tuple(found) for kind, n, *found in db.rows(_query("signed_found").text)}
    asked = [(entry.kind, entry.number) for entry in (*units, *coded)]
    return [(*entry, *counts.get(entry, (0, 0))) for entry in asked]


def _query(name: str) -> Query:
    return Query.load(resources.sql_folder() / "gate" / f"{name}.sql")


_UNIT_SCHEMA = {
    "number": pl.Int64,
    "analyte": pl.String,
    "unit": pl.String,
    "month": pl.String,
    "factor_written": pl.Float64,
    "shift_written": pl.Float64,
    "factor_meant": pl.Float64,
    "shift_meant": pl.Float64,
}
_CODE_SCHEMA = {
    "number": pl.Int64,
    "vocabulary": pl.String,
    "code": pl.String,
    "unit": pl.String,
    "analyte": pl.String,
    "factor": pl.Float64,
    "shift": pl.Float64,
}


def _signed_units(
    signed: list[Numbered], written: list[str | None], table: UnitTable
) -> pl.DataFrame:
    """One row for each way in which the hospital writes a signed unit, however it spells it.

    Where two entries would hold for one spelling, that which has it to the letter does.
    """
    rows: dict[tuple[str, str, str | None], tuple[Any, ...]] = {}
    for one in sorted(signed, key=lambda one: one.unit.written not in written):
        entry = one.unit
        month = entry.month.strftime("%Y-%m") if entry.month else None
        factors = (
            *_factors(entry.analyte, entry.written, table),
            *_factors(entry.analyte, entry.means, table),
        )
        for unit in written:
            if unit and unit_key(unit) == unit_key(entry.written):
                key = entry.analyte, unit, month
                rows.setdefault(key, (one.number, *key, *factors))
    return pl.DataFrame(list(rows.values()), schema=_UNIT_SCHEMA, orient="row")


def _factors(analyte: str, unit: str, table: UnitTable) -> tuple[float, float]:
    found = table.find(analyte, unit)
    if found is None:
        raise UsageError(
            f"mappings: unit {unit!r} is not known for {analyte}. Mend the mapping file, or add "
            "the unit to units.csv in your own folder of lists ([extract] codelists)."
        )
    return found.factor, found.shift


def _signed_codes(signed: list[Numbered], written: pl.DataFrame, table: UnitTable) -> pl.DataFrame:
    """One row for each code and unit as the hospital writes them that an entry is about."""
    rows = []
    for vocabulary, code, unit in written.iter_rows():
        same = [
            one
            for one in signed
            if _plain(one.code.vocabulary, one.code.code) == _plain(vocabulary, code)
        ]
        for one in sorted(same, key=lambda one: one.code.code != code)[:1]:
            found = table.find(one.code.analyte, unit)
            factors = (found.factor, found.shift) if found else (None, None)
            rows.append((one.number, vocabulary, code, unit, one.code.analyte, *factors))
    return pl.DataFrame(rows, schema=_CODE_SCHEMA, orient="row")


def _plain(vocabulary: str | None, code: str | None) -> tuple[str, str]:
    plain = codes.plain_vocabulary(vocabulary)
    return plain, codes.plain_code(plain, code)
