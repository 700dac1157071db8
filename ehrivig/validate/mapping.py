"""Mappings that a person signed: what a unit, a product or a code really means, who says so, why.

The gate never converts by guess. When it blocks a hospital for a unit mix-up or an unknown product,
a person looks, and writes the answer into a TOML file:

    [[unit]]
    hospital_id = "C"
    analyte = "creatinine"
    written = "umol/L"            # what the rows say
    means = "mg/dL"               # what they are
    month = 2020-02-01            # optional: this month only
    signed_by = "A. Steward"
    signed_on = 2020-07-02
    reason = "Analyser exported mg/dL after its update; confirmed with the laboratory."

`[[product]]` (hospital_id, drug_code, drug_name, codelist, verdict, and optionally product_type,
concentration_g_per_l, strength_g) and `[[code]]` (hospital_id, vocabulary, code, analyte) likewise.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ehrivig import resources
from ehrivig.database import Database, Query
from ehrivig.errors import StudyError, UsageError

_WORDS = Field(min_length=1, max_length=500)

_TOLD = 20
"""Problems that a message names."""


class _Signed(BaseModel):
    """Who signed, when, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hospital_id: str = _WORDS
    signed_by: str = _WORDS
    signed_on: date
    reason: str = Field(min_length=10, max_length=2000)


class UnitMapping(_Signed):
    """The unit that is written for an analyte is really another one."""

    analyte: str = _WORDS
    written: str = _WORDS
    means: str = _WORDS
    month: date | None = None


class ProductMapping(_Signed):
    """What a product is to a code list."""

    drug_code: str = _WORDS
    drug_name: str | None = None
    codelist: str = _WORDS
    verdict: Literal["include", "exclude"]
    product_type: str | None = None
    concentration_g_per_l: float | None = Field(default=None, gt=0)
    strength_g: float | None = Field(default=None, gt=0)


class CodeMapping(_Signed):
    """The analyte of a laboratory code that no code list knows."""

    vocabulary: str = _WORDS
    code: str = _WORDS
    analyte: str = _WORDS


class Mappings(BaseModel):
    """All signed mappings of a study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: tuple[UnitMapping, ...] = ()
    product: tuple[ProductMapping, ...] = ()
    code: tuple[CodeMapping, ...] = ()


def load(path: Path) -> Mappings:
    """The mappings in a TOML file; StudyError lists what is wrong with them."""
    try:
        return Mappings.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as error:
        raise StudyError(
            f"mappings: no file {path.name}. Mend [extract] mappings in the study file."
        ) from error
    except OSError as error:
        raise StudyError(f"mappings: {path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            raise StudyError(f"mappings: {path.name}:\n  {_listed(error)}") from error
        raise StudyError(f"mappings: {path.name} is not TOML: {error}.") from error


def _listed(error: ValidationError) -> str:
    """What is wrong with the entries of a file, a line each; no more than can be read."""
    wrong = error.errors(include_url=False)
    lines = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in wrong]
    more = [f"... and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
    return "\n  ".join([*lines[:_TOLD], *more])


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
                f"mappings: unit {unit!r} is not known for {entry.analyte}. "
                "Extend codelists/units.csv, or mend the mapping file."
            )
    month = entry.month.strftime("%Y-%m") if entry.month else None
    written = conversion[entry.analyte, entry.written]
    meant = conversion[entry.analyte, entry.means]
    return (entry.analyte, entry.written, month, *written, *meant)
