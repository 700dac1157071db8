"""Mappings that a person signed: what a unit, a product or a code really means, who says so, why.

The gate never converts by guess. When it blocks a hospital for a unit mix-up or an unknown product,
a person looks, and writes the answer into a TOML file (`ehrivig.study.mappings`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from ehrivig import resources
from ehrivig.database import Database, Query
from ehrivig.errors import UsageError
from ehrivig.study.mappings import CodeMapping, Mappings, ProductMapping, UnitMapping, load

__all__ = ["apply", "listing", "load"]


def listing(mappings: Mappings) -> list[dict[str, Any]]:
    """Every mapping with who, when and why, for the manifest."""
    return [
        {"mapping": kind, **entry.model_dump(mode="json", exclude_none=True)}
        for kind in ("unit", "product", "code")
        for entry in getattr(mappings, kind)
    ]


def apply(db: Database, mappings: Mappings, hospital_id: str) -> int:
    """Put the mappings of one hospital into its stages `ref` and `resolved`; how many applied.

    Before the gate, so that what is mapped is measured as mapped. Applying twice changes nothing.
    Raises UsageError for a unit that no conversion is known for, or a product that is not there.
    """
    own = {
        kind: [entry for entry in getattr(mappings, kind) if entry.hospital_id == hospital_id]
        for kind in ("unit", "product", "code")
    }
    for product in own["product"]:
        _apply_product(db, product)
    if (own["unit"] or own["code"]) and not db.exists("resolved.lab_unsigned"):
        _apply_lab(db, own["unit"], own["code"])
    return sum(len(entries) for entries in own.values())


def _apply_product(db: Database, product: ProductMapping) -> None:
    drugs = db.rows(
        "SELECT drug FROM ref.drug WHERE drug_code = $code "
        "AND ($name IS NULL OR drug_name = $name) ORDER BY drug",
        {"code": product.drug_code, "name": product.drug_name},
    )
    if not drugs:
        raise UsageError(
            f"mappings: product {product.drug_code}: hospital {product.hospital_id} has none with "
            "this code and name. Mend the mapping file."
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


def _apply_lab(db: Database, units: list[UnitMapping], codes: list[CodeMapping]) -> None:
    """Lay the signed units and codes over `resolved.lab`."""
    conversion = {
        (variable, unit): (factor, shift or 0.0)
        for variable, unit, factor, shift in db.rows(
            "SELECT variable, unit, factor, shift FROM ref.unit"
        )
    }
    rows = [_signed_unit(entry, conversion) for entry in units]
    db.load("ref.signed_unit", pl.DataFrame(rows, schema=_UNIT_SCHEMA, orient="row"))
    known = [(entry.vocabulary, entry.code, entry.analyte) for entry in codes]
    db.load("ref.signed_code", pl.DataFrame(known, schema=_CODE_SCHEMA, orient="row"))
    db.execute("ALTER VIEW resolved.lab RENAME TO lab_unsigned")
    db.view("resolved.lab", Query.load(resources.sql_folder() / "gate" / "signed_lab.sql"))


_UNIT_SCHEMA = {
    "analyte": pl.String,
    "unit": pl.String,
    "month": pl.String,
    "factor_written": pl.Float64,
    "shift_written": pl.Float64,
    "factor_meant": pl.Float64,
    "shift_meant": pl.Float64,
}
_CODE_SCHEMA = {"vocabulary": pl.String, "code": pl.String, "analyte": pl.String}
_Conversion = dict[tuple[str, str], tuple[float, float]]


def _signed_unit(entry: UnitMapping, conversion: _Conversion) -> tuple[Any, ...]:
    """One row of ref.signed_unit."""
    for unit in (entry.written, entry.means):
        if (entry.analyte, unit) not in conversion:
            raise UsageError(
                f"mappings: unit {unit!r} is not known for {entry.analyte}. Mend the mapping file, "
                "or add the unit to units.csv in your own folder of lists ([extract] codelists)."
            )
    month = entry.month.strftime("%Y-%m") if entry.month else None
    written = conversion[entry.analyte, entry.written]
    meant = conversion[entry.analyte, entry.means]
    return (entry.analyte, entry.written, month, *written, *meant)
