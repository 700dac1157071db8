"""Code lists: which analyte, drug class or condition a code of the source means.

Everything here works on the distinct codes, names and units of a hospital, a few thousand at most;
the rows are joined to the answers in SQL. What is in no list stays unresolved, and nothing is
guessed from a value.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from io import StringIO
from pathlib import Path

import polars as pl

from ehrivig import resources
from ehrivig.errors import UsageError
from ehrivig.units import UnitTable

Code = tuple[str, str]
Descendants = Mapping[Code, Iterable[str]]
NUMBER_COLUMNS = {"factor", "shift", "hard_lo", "soft_lo", "soft_hi", "hard_hi"}


def plain_name(text: str | None) -> str:
    """A name for comparison: NFKC, casefold, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def plain_code(vocabulary: str, code: str | None) -> str:
    """A code for comparison: local names as snake_case, ICD codes without dots, upper case."""
    text = unicodedata.normalize("NFKC", code or "").strip()
    if vocabulary in ("LOCAL", "CLIF"):
        return re.sub(r"[\s\-]+", "_", text.casefold())
    if vocabulary.startswith("ICD"):
        return text.upper().replace(".", "").replace(" ", "")
    return text.upper()


def plain_vocabulary(vocabulary: str | None) -> str:
    """The name of a vocabulary for comparison: "ICD-10-CM" is "ICD10CM"."""
    return re.sub(r"[\s\-_]", "", vocabulary or "").upper()


def read_list(path: Path) -> list[dict[str, str]]:
    """The rows of a code list; lines that begin with # are its header.

    Raises UsageError when the file cannot be read.
    """
    try:
        lines = [line for line in resources.text(path).splitlines() if not line.startswith("#")]
        return [dict(row) for row in csv.DictReader(StringIO("\n".join(lines)))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"codelist: {path.name} cannot be read. Put the file back.") from error


@cache
def _list(name: str) -> tuple[dict[str, str], ...]:
    return tuple(read_list(resources.codelists_folder() / f"{name}.csv"))


def list_frame(name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """Some columns of a code list, numbers as Float64, empty text kept (never null)."""
    rows = [
        [_number(row[c]) if c in NUMBER_COLUMNS else row[c] for c in columns] for row in _list(name)
    ]
    schema = {c: pl.Float64 if c in NUMBER_COLUMNS else pl.String for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def unit_table() -> UnitTable:
    """The units of all variables."""
    return UnitTable(
        (row["variable"], row["unit"], float(row["factor"]), float(row["shift"] or 0))
        for row in _list("units")
    )


def analytes() -> tuple[str, ...]:
    """Every analyte that has a code or a unit, sorted."""
    return tuple(sorted({row["analyte"] for row in _list("labs")}))


def _analyte_of(descendants: Descendants) -> dict[Code, tuple[str, float]]:
    """(vocabulary, code) -> analyte and its own factor; a listed code is never overruled."""
    listed = {
        (vocabulary, plain_code(vocabulary, row["code"])): (row["analyte"], float(row["factor"]))
        for row in _list("labs")
        for vocabulary in [plain_vocabulary(row["vocabulary"])]
    }
    found = {("LOCAL", name): (name, 1.0) for name in analytes()}
    for (vocabulary, code), analyte in sorted(listed.items()):
        for below in descendants.get((vocabulary, code), ()):
            found.setdefault((vocabulary, plain_code(vocabulary, below)), analyte)
    return {**found, **listed}


def lab_map(distinct: pl.DataFrame, descendants: Descendants | None = None) -> pl.DataFrame:
    """One row per resolved (lab_code, vocabulary, unit) of `distinct`, spelled as the source does.

    Columns: lab_code, vocabulary, unit, analyte, factor, shift; the last two are null when the unit
    is not known for the analyte. Codes in no list have no row.
    """
    known = _analyte_of(descendants or {})
    rows = []
    for lab_code, vocabulary, unit in distinct.select("lab_code", "vocabulary", "unit").iter_rows():
        plain = plain_vocabulary(vocabulary)
        found = known.get((plain, plain_code(plain, lab_code)))
        if found is not None:
            factor, shift = _conversion(found[0], unit, found[1])
            rows.append((lab_code, vocabulary, unit, found[0], factor, shift))
    schema = dict.fromkeys(("lab_code", "vocabulary", "unit", "analyte"), pl.String)
    return pl.DataFrame(
        rows, schema={**schema, "factor": pl.Float64, "shift": pl.Float64}, orient="row"
    )


def _conversion(variable: str, unit: str | None, times: float = 1.0) -> tuple[float | None, ...]:
    """Factor and shift of a unit; a code's own factor applies unless the unit already says DDU."""
    found = unit_table().find(variable, unit)
    if found is None:
        return None, None
    if unit is not None and "ddu" in unit.casefold():
        times = 1.0
    return found.factor * times, found.shift * times


def vital_map(distinct: pl.DataFrame) -> pl.DataFrame:
    """One row per (vital_code, unit) of `distinct` whose unit is known.

    Columns: vital_code, unit, factor, shift.
    """
    rows = []
    for vital_code, unit in distinct.select("vital_code", "unit").iter_rows():
        found = unit_table().find(vital_code or "", unit)
        if found is not None:
            rows.append((vital_code, unit, found.factor, found.shift))
    schema = {"vital_code": pl.String, "unit": pl.String, "factor": pl.Float64, "shift": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


_APPLIES = {"ICD10": ("ICD10", "ICD10CM"), "ICD10WHO": ("ICD10",)}


@cache
def _condition_rules() -> dict[tuple[str, str, str], tuple[str, ...]]:
    """(vocabulary, match, code) -> conditions."""
    rules: dict[tuple[str, str, str], list[str]] = {}
    for row in _list("conditions"):
        listed = plain_vocabulary(row["vocabulary"])
        for vocabulary in _APPLIES.get(listed, (listed,)):
            key = (vocabulary, row["match"], plain_code(vocabulary, row["code"]))
            rules.setdefault(key, []).append(row["condition"])
    return {key: tuple(names) for key, names in rules.items()}


def condition_names() -> tuple[str, ...]:
    """Every condition that has a code, sorted."""
    return tuple(sorted({row["condition"] for row in _list("conditions")}))


def conditions(distinct: pl.DataFrame, descendants: Descendants | None = None) -> pl.DataFrame:
    """One row per condition of each (vocabulary, code) of `distinct`: vocabulary, code, condition.

    A code may mean several conditions (stroke and cerebrovascular disease); one in no list has no
    row.
    """
    rules = _condition_rules()
    inherited: dict[Code, set[str]] = {}
    for (vocabulary, match, code), names in rules.items():
        if match == "exact":
            for below in (descendants or {}).get((vocabulary, code), ()):
                inherited.setdefault((vocabulary, plain_code(vocabulary, below)), set()).update(
                    names
                )
    rows = []
    for vocabulary, code in distinct.select("vocabulary", "code").iter_rows():
        plain = plain_vocabulary(vocabulary)
        text = plain_code(plain, code)
        names_found = set(inherited.get((plain, text), ()))
        names_found.update(rules.get((plain, "exact", text), ()))
        for length in range(1, len(text) + 1):
            names_found.update(rules.get((plain, "prefix", text[:length]), ()))
        rows += [(vocabulary, code, name) for name in sorted(names_found)]
    schema = dict.fromkeys(("vocabulary", "code", "condition"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def listed_codes() -> pl.DataFrame:
    """Every exact code of the lists whose descendants count as well: vocabulary, code."""
    found = {
        (row["vocabulary"], row["code"]) for row in _list("labs") if row["vocabulary"] == "OMOP"
    }
    found |= {
        (row["vocabulary"], row["code"])
        for row in _list("conditions")
        if row["vocabulary"] == "SNOMED"
    }
    for path in sorted((resources.codelists_folder() / "drugs").glob("*.csv")):
        found |= {
            (row["vocabulary"], row["value"])
            for row in read_list(path)
            if row["vocabulary"] == "OMOP" and row["match"] == "exact"
        }
    schema = {"vocabulary": pl.String, "code": pl.String}
    return pl.DataFrame(sorted(found), schema=schema, orient="row")
